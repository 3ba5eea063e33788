// Random writes, failing plugins, crashes at random places: in the end every write that is in the
// log was answered by exactly one output.
#include <algorithm>

#include "engine/test_world.h"
#include "engine/write_filter.h"

namespace tidemill::engine {
namespace {

using testing::FakeHost;

class Simulation {
 public:
  Simulation(std::uint64_t seed, bool run_async) : world_(SmallBatches()), random_(seed) {
    NewTrigger wish = world_.Wish("echo", "table:cpu");
    wish.error_behavior = model::ErrorBehavior::kRetry;
    wish.run_async = run_async;
    trigger_ = world_.Create(wish);
    BeginServer();
  }

  void Run() {
    for (int crash = 0; crash < 6; ++crash) {
      for (int step = 0; step < 30; ++step) Step();
      world_.fs.DieAtCall(1 + Below(40));
      for (int step = 0; step < 15; ++step) Step();
      world_.fs.DieAtCall(1);  // if it has not come to that yet
      world_.StopServer();
      world_.fs.PowerCut(random_.Next());
      world_.StartServer();
      ASSERT_FALSE(::testing::Test::HasFatalFailure());
      BeginServer();
    }
    is_calm_ = true;
    for (int minute = 0; minute < 5; ++minute) {
      while (world_.host->held() > 0) Release();
      world_.Advance(60s);
    }
  }

  void ExpectEachWriteAnsweredOnce() {
    auto [written, answered] = ReadLog();
    std::ranges::sort(written);
    std::ranges::sort(answered);
    EXPECT_EQ(answered, written);
    EXPECT_TRUE(std::ranges::includes(written, acknowledged_));
    EXPECT_GE(world_.LowWater(trigger_) + 10, world_.wal->durable()) << "it has caught up";
    EXPECT_GT(acknowledged_.size(), 50u) << "the simulation did something";
  }

 private:
  static World::Setup SmallBatches() {
    World::Setup setup;
    setup.engine.batch_rows_max = 4;
    setup.segment_bytes = 4096;
    setup.tail_bytes_max = 2000;
    return setup;
  }
  std::uint64_t Below(std::uint64_t end) { return random_.Next() % end; }

  void BeginServer() {
    world_.host->Define("echo.py", [this](const RunRequest& request, RunServices&) {
      if (!is_calm_ && Below(4) == 0) return FakeHost::Failed("ValueError: bad luck");
      std::string lines;
      for (const std::int64_t value : ValuesOf(request)) lines += std::to_string(value) + "\n";
      return FakeHost::Wrote(lines);
    });
    world_.host->Hold("echo.py");
  }

  void Step() {
    switch (Below(4)) {
      case 0: Write(); break;
      case 1: Release(); break;
      case 2: world_.Advance(std::chrono::milliseconds(Below(300))); break;
      case 3: world_.Settle(); break;
    }
  }
  void Write() {
    Values values;
    for (std::uint64_t row = 0; row <= Below(3); ++row) values.push_back(++last_value_);
    const auto written = World::Await(world_.wal->Append(world_.Record("db", {{"cpu", values}})));
    if (!written.ok()) return;
    acknowledged_.insert(acknowledged_.end(), values.begin(), values.end());
  }
  void Release() {
    if (world_.host->held() > 0) world_.host->ReleaseAt(Below(world_.host->held()));
    world_.Settle();
  }

  // All of it: nothing was flushed, so the log begins at its beginning.
  std::pair<Values, Values> ReadLog() {
    Values written;
    Values answered;
    for (Sequence after = 0;;) {
      const auto records = world_.wal->Read(after, 1 << 20);
      EXPECT_TRUE(records.ok());
      if (!records.ok() || records->empty()) return {written, answered};
      for (const auto& record : *records) {
        ForEachWrite(*record.record, [&](const wal::RowsRecord& rows) {
          for (const wal::TableRows& table : rows.tables) {
            for (const std::uint64_t word : table.rows->fields[0].words) {
              Values& into = rows.origin == trigger_ ? answered : written;
              into.push_back(static_cast<std::int64_t>(word));
            }
          }
        });
      }
      after = records->back().sequence;
    }
  }

  World world_;
  testing::SeededRandom random_;
  TriggerId trigger_;
  bool is_calm_ = false;
  std::int64_t last_value_ = 0;
  Values acknowledged_;
};

void Simulate(std::uint64_t seed, bool run_async) {
  SCOPED_TRACE("seed " + std::to_string(seed) + (run_async ? ", async" : ""));
  Simulation simulation(seed, run_async);
  simulation.Run();
  simulation.ExpectEachWriteAnsweredOnce();
}

TEST(Simulation, EachWriteIsAnsweredOnceThroughFailuresAndCrashes) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) Simulate(seed, /*run_async=*/false);
}

TEST(Simulation, TheSameWithOverlappingRuns) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) Simulate(seed, /*run_async=*/true);
}

}  // namespace
}  // namespace tidemill::engine
