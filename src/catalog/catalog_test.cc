#include "catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "model/names.h"
#include "testing/fault_file_system.h"
#include "testing/seeded_random.h"

namespace tidemill::catalog {
namespace {

using testing::Fault;
using testing::FaultCall;
using testing::FaultFileSystem;
using ::testing::HasSubstr;
using testing::SeededRandom;
using CommitResult = Result<Catalog::SnapshotPtr>;

constexpr auto kLogPath = "data/catalog/catalog.log";

CommitResult Await(Completion<CommitResult> done) {
  return BlockOn([](Completion<CommitResult> inner) -> Task<CommitResult> {
    co_return co_await inner;
  }(std::move(done)));
}

ExtendSchema NewTable(std::string database, std::string table) {
  return {std::move(database),
          {{std::move(table),
            {{"host", model::ColumnKind::kTag, model::DataType::kString},
             {"usage", model::ColumnKind::kField, model::DataType::kFloat64}}}}};
}
CreateTrigger NewTrigger(std::string database, std::string name) {
  model::Trigger trigger;
  trigger.name = std::move(name);
  trigger.plugin_filename = "p.py";
  trigger.spec = model::Every{std::chrono::minutes(5)};
  return {std::move(database), std::move(trigger)};
}

class CatalogTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Catalog>> TryOpen() { return Catalog::Open(fs_, random_, options_); }
  std::unique_ptr<Catalog> Open() {
    auto catalog = TryOpen();
    EXPECT_TRUE(catalog.ok()) << catalog.error().message;
    return std::move(catalog).value();
  }
  // Commits and expects success.
  void Commit(Catalog& catalog, Change change) {
    const auto result = Await(catalog.Commit(std::move(change)));
    ASSERT_TRUE(result.ok()) << result.error().message;
  }
  static std::string Text(const Catalog& catalog) { return EncodeSnapshot(*catalog.Get()); }

  FaultFileSystem fs_;
  SeededRandom random_;
  Catalog::Options options_{.directory = "data/catalog", .limits = {}};
};

TEST_F(CatalogTest, StartsWithTheInternalDatabaseAndAUuid) {
  const auto catalog = Open();
  const auto snapshot = catalog->Get();
  EXPECT_THAT(snapshot->DatabaseNames(), ::testing::ElementsAre(model::kInternalDatabase));
  EXPECT_EQ(snapshot->FindDatabase(model::kInternalDatabase)->retention, std::chrono::hours(168));
  EXPECT_THAT(snapshot->uuid, ::testing::SizeIs(36));
  EXPECT_EQ(snapshot->sequence, 1u);
}

TEST_F(CatalogTest, ReopensToAnEqualSnapshot) {
  std::string before;
  {
    const auto catalog = Open();
    Commit(*catalog, NewTable("d", "cpu"));
    Commit(*catalog, SetRetention{"d", std::chrono::hours(24)});
    Commit(*catalog, NewTrigger("d", "t"));
    Commit(*catalog, SetTriggerDisabled{"d", "t", true, "ValueError", Timestamp(5)});
    Commit(*catalog, NewTable("e", "mem"));
    before = Text(*catalog);
  }
  fs_.PowerCutLosingAll();
  EXPECT_EQ(Text(*Open()), before);
}

TEST_F(CatalogTest, GivesTheSnapshotThatHoldsTheChange) {
  const auto catalog = Open();
  const auto result = Await(catalog->Commit(NewTable("d", "cpu")));
  ASSERT_TRUE(result.ok());
  EXPECT_NE((*result)->FindTable("d", "cpu"), nullptr);
  EXPECT_EQ((*result)->sequence, 2u);
  EXPECT_EQ(catalog->Get(), *result);
}

TEST_F(CatalogTest, ReturnsTheErrorOfARefusedChangeAndWritesNothing) {
  const auto catalog = Open();
  Commit(*catalog, CreateDatabase{"d", {}});
  const auto syncs = fs_.data_syncs();
  const auto result = Await(catalog->Commit(CreateDatabase{"d", {}}));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kConflict);
  EXPECT_EQ(Await(catalog->Commit(CreateDatabase{"a b", {}})).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(fs_.data_syncs(), syncs);
}

TEST_F(CatalogTest, WritesNothingForAChangeThatIsDoneAlready) {
  const auto catalog = Open();
  Commit(*catalog, NewTable("d", "cpu"));
  const auto syncs = fs_.data_syncs();
  const auto result = Await(catalog->Commit(NewTable("d", "cpu")));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ((*result)->sequence, 2u);
  EXPECT_EQ(fs_.data_syncs(), syncs);
}

TEST_F(CatalogTest, ShowsAChangeOnlyWhenItIsDurable) {
  const auto catalog = Open();
  fs_.HoldSyncs();
  const auto done = catalog->Commit(CreateDatabase{"d", {}});
  fs_.AwaitHeldSync();
  EXPECT_FALSE(done.done());
  EXPECT_EQ(catalog->Get()->FindDatabase("d"), nullptr);
  fs_.ReleaseSyncs();
  ASSERT_TRUE(Await(done).ok());
  EXPECT_NE(catalog->Get()->FindDatabase("d"), nullptr);
}

TEST_F(CatalogTest, CommitsThatArriveTogetherShareOneSync) {
  const auto catalog = Open();
  const auto syncs = fs_.data_syncs();
  fs_.HoldSyncs();
  std::vector<Completion<CommitResult>> waiting = {catalog->Commit(CreateDatabase{"first", {}})};
  fs_.AwaitHeldSync();
  for (int i = 0; i < 50; ++i) {
    waiting.push_back(catalog->Commit(NewTable("d", "table" + std::to_string(i))));
  }
  // In one group, later changes see earlier ones.
  waiting.push_back(catalog->Commit(NewTrigger("d", "t")));
  const auto twice = catalog->Commit(NewTrigger("d", "t"));
  fs_.ReleaseSyncs();
  for (auto& done : waiting) EXPECT_TRUE(Await(done).ok());
  EXPECT_EQ(Await(twice).error().code, ErrorCode::kConflict);
  EXPECT_EQ(fs_.data_syncs(), syncs + 2);
  EXPECT_EQ(catalog->Get()->table_count(), 50u);
}

TEST_F(CatalogTest, TakesCommitsFromManyThreads) {
  constexpr int kThreads = 8;
  constexpr int kEach = 25;
  std::string before;
  {
    const auto catalog = Open();
    std::atomic<int> conflicts = 0;
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
          for (int i = 0; i < kEach; ++i) {
            EXPECT_TRUE(Await(catalog->Commit(
                                  NewTable("d", "t" + std::to_string(t) + "_" + std::to_string(i))))
                            .ok());
            if (!Await(catalog->Commit(CreateDatabase{"shared" + std::to_string(i), {}})).ok()) {
              ++conflicts;
            }
          }
        });
      }
    }
    EXPECT_EQ(conflicts, (kThreads - 1) * kEach) << "each database is created exactly once";
    EXPECT_EQ(catalog->Get()->table_count(), static_cast<std::size_t>(kThreads * kEach));
    before = Text(*catalog);
  }
  fs_.Restart();
  EXPECT_EQ(Text(*Open()), before);
}

TEST_F(CatalogTest, NeverGivesAnIdTwice) {
  {
    const auto catalog = Open();
    Commit(*catalog, CreateDatabase{"d", {}});
    Commit(*catalog, NewTrigger("d", "t"));
    Commit(*catalog, DeleteTrigger{"d", "t"});
  }
  fs_.Restart();
  const auto catalog = Open();
  Commit(*catalog, NewTrigger("d", "t"));
  EXPECT_EQ(catalog->Get()->FindTrigger("d", "t")->id, TriggerId(2));
}

TEST_F(CatalogTest, ReplaysUnderStricterLimits) {
  {
    const auto catalog = Open();
    Commit(*catalog, NewTable("a", "t"));
    Commit(*catalog, NewTable("b", "t"));
  }
  fs_.Restart();
  options_.limits.databases_max = 1;
  options_.limits.tables_max = 1;
  options_.limits.columns_per_table_max = 1;
  const auto catalog = Open();
  EXPECT_NE(catalog->Get()->FindTable("b", "t"), nullptr);
  EXPECT_EQ(Await(catalog->Commit(CreateDatabase{"c", {}})).error().code, ErrorCode::kLimit);
}

TEST_F(CatalogTest, FoldsALogThatHasGrown) {
  options_.fold_log_bytes = 2'000;
  std::string before;
  {
    const auto catalog = Open();
    Commit(*catalog, CreateDatabase{"d", {}});
    for (int i = 1; i <= 200; ++i) Commit(*catalog, SetRetention{"d", std::chrono::hours(i)});
    before = Text(*catalog);
    EXPECT_EQ(catalog->Get()->sequence, 202u);
  }
  EXPECT_LT(fs_.used_bytes(), 4'000u) << "200 changes of about 80 bytes were folded away";
  fs_.PowerCutLosingAll();
  EXPECT_EQ(Text(*Open()), before);
}

TEST_F(CatalogTest, RefusesChangesAfterTheDiskFailedUntilRestart) {
  auto catalog = Open();
  Commit(*catalog, CreateDatabase{"kept", {}});
  fs_.FailCall(1, Fault::kIo, FaultCall::kSyncData);
  const auto lost = Await(catalog->Commit(CreateDatabase{"d", {}}));
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code, ErrorCode::kOutcomeUnknown);
  EXPECT_THAT(lost.error().message, HasSubstr("look again after a restart"));
  const auto refused = Await(catalog->Commit(CreateDatabase{"e", {}}));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  EXPECT_THAT(refused.error().message, HasSubstr("refused until restart"));
  // Reads go on, and show nothing that may be lost.
  EXPECT_NE(catalog->Get()->FindDatabase("kept"), nullptr);
  EXPECT_EQ(catalog->Get()->FindDatabase("d"), nullptr);

  catalog.reset();
  fs_.Restart();
  catalog = Open();
  EXPECT_NE(catalog->Get()->FindDatabase("kept"), nullptr);
  Commit(*catalog, CreateDatabase{"e", {}});
}

TEST_F(CatalogTest, GoesOnWhenAFullDiskHasSpaceAgain) {
  const auto catalog = Open();
  fs_.SetCapacity(fs_.used_bytes() + 10);
  const auto refused = Await(catalog->Commit(CreateDatabase{"d", {}}));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(catalog->Get()->FindDatabase("d"), nullptr);
  fs_.SetCapacity(1 << 20);
  Commit(*catalog, CreateDatabase{"d", {}});
}

TEST_F(CatalogTest, GoesOnWhenAFoldFindsNoSpace) {
  options_.fold_log_bytes = 1;
  const auto catalog = Open();
  fs_.FailAll(Fault::kNoSpace, FaultCall::kOpen);  // the fold's temporary file
  Commit(*catalog, CreateDatabase{"d", {}});
  Commit(*catalog, CreateDatabase{"e", {}});
  fs_.ClearFaults();
  Commit(*catalog, CreateDatabase{"f", {}});
}

// What one life of the catalog did before it died, given a place to die.
struct Life {
  std::vector<std::string> texts;  // of the snapshot after each step that was acknowledged
};

Life Live(FaultFileSystem& fs, const Catalog::Options& options) {
  Life life;
  SeededRandom random;
  auto catalog = Catalog::Open(fs, random, options);
  if (!catalog.ok()) return life;
  life.texts.push_back(EncodeSnapshot(*(*catalog)->Get()));
  for (int i = 0; i < 8; ++i) {
    const auto result = Await((*catalog)->Commit(NewTable("d", "t" + std::to_string(i))));
    if (!result.ok()) break;
    life.texts.push_back(EncodeSnapshot(**result));
  }
  return life;
}

TEST_F(CatalogTest, LosesNoAcknowledgedChangeWhereverItDies) {
  options_.fold_log_bytes = 600;  // folds happen on the way
  FaultFileSystem whole;
  const Life all = Live(whole, options_);
  ASSERT_EQ(all.texts.size(), 9u);
  std::uint64_t deaths = 0;
  for (std::uint64_t call = 1;; ++call) {
    FaultFileSystem fs;
    fs.DieAtCall(call);
    const Life life = Live(fs, options_);
    if (!fs.is_dead()) break;
    ++deaths;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      SCOPED_TRACE("died at call " + std::to_string(call) + ", seed " + std::to_string(seed));
      fs.PowerCut(seed);
      const Life again = Live(fs, options_);
      ASSERT_FALSE(again.texts.empty());
      // The state found is one that the history passed through, and not before the acknowledged.
      const auto found = std::find(all.texts.begin(), all.texts.end(), again.texts.front());
      ASSERT_NE(found, all.texts.end()) << again.texts.front();
      EXPECT_GE(found - all.texts.begin() + 1, static_cast<std::ptrdiff_t>(life.texts.size()));
    }
  }
  EXPECT_GT(deaths, 30u);
}

TEST_F(CatalogTest, RefusesADamagedLog) {
  {
    const auto catalog = Open();
    Commit(*catalog, CreateDatabase{"d", {}});
    Commit(*catalog, CreateDatabase{"e", {}});
  }
  fs_.Restart();
  fs_.FlipBits(kLogPath, 60, 0x10);
  const auto catalog = TryOpen();
  ASSERT_FALSE(catalog.ok());
  EXPECT_EQ(catalog.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(catalog.error().message, HasSubstr("catalog.log"));
}

TEST_F(CatalogTest, RefusesALogThatDoesNotReplay) {
  const auto open_with = [&](const std::vector<std::string>& frames) {
    FaultFileSystem fs;
    auto log = FramedLog::Open(fs, kLogPath, {.magic = "TMCATLOG", .version = 1, .what = "catalog"},
                               [](std::string_view) { return Ok(); });
    EXPECT_TRUE(log.ok() && (*log)->Append(frames).ok());
    log->reset();
    auto catalog = Catalog::Open(fs, random_, options_);
    return catalog.ok() ? std::string("opened") : catalog.error().message;
  };
  const std::string snapshot = EncodeSnapshot(*Open()->Get());
  const std::string create = EncodeChange(CreateDatabase{"d", {}});
  EXPECT_EQ(open_with({snapshot, create}), "opened");
  EXPECT_THAT(open_with({create}), HasSubstr("the first frame is not a snapshot"));
  EXPECT_THAT(open_with({snapshot, create, create}),
              HasSubstr("the change after sequence 2 does not fit"));
  EXPECT_THAT(open_with({snapshot, EncodeChange(DeleteTrigger{"d", "t"})}),
              HasSubstr("Database not found d"));
  EXPECT_THAT(open_with({snapshot, snapshot}), HasSubstr("unknown change 'snapshot'"));
}

TEST_F(CatalogTest, InMemoryModeTouchesNoFile) {
  options_.directory = "";
  const auto catalog = Open();
  Commit(*catalog, NewTable("d", "cpu"));
  EXPECT_NE(catalog->Get()->FindTable("d", "cpu"), nullptr);
  EXPECT_EQ(fs_.calls(), 0u);
}

TEST_F(CatalogTest, StopCommitsWhatIsQueuedAndRefusesTheRest) {
  const auto catalog = Open();
  fs_.HoldSyncs();
  const auto first = catalog->Commit(CreateDatabase{"a", {}});
  fs_.AwaitHeldSync();
  const auto queued = catalog->Commit(CreateDatabase{"b", {}});
  std::jthread stopper([&] { catalog->Stop(); });
  // Accepted or not depends on who comes first; the refusal shows that Stop has begun.
  while (!catalog->Commit(SetRetention{"_internal", {}}).done()) std::this_thread::yield();
  fs_.ReleaseSyncs();
  stopper.join();
  EXPECT_TRUE(Await(first).ok());
  EXPECT_TRUE(Await(queued).ok());
  const auto late = Await(catalog->Commit(CreateDatabase{"c", {}}));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
  catalog->Stop();
}

TEST_F(CatalogTest, RefusesMoreThanTheQueueHolds) {
  options_.queue_changes_max = 2;
  const auto catalog = Open();
  fs_.HoldSyncs();
  const auto first = catalog->Commit(CreateDatabase{"a", {}});
  fs_.AwaitHeldSync();
  const auto second = catalog->Commit(CreateDatabase{"b", {}});
  const auto third = catalog->Commit(CreateDatabase{"c", {}});
  const auto fourth = Await(catalog->Commit(CreateDatabase{"d", {}}));
  fs_.ReleaseSyncs();
  ASSERT_FALSE(fourth.ok());
  EXPECT_EQ(fourth.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(fourth.error().message, HasSubstr("2 catalog changes are waiting already"));
  EXPECT_TRUE(Await(first).ok());
  EXPECT_TRUE(Await(second).ok());
  EXPECT_TRUE(Await(third).ok());
}

}  // namespace
}  // namespace tidemill::catalog
