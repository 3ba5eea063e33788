// Creating, enabling, disabling and deleting triggers.
#include "engine/processing_engine.h"

#include "engine/test_world.h"

namespace tidemill::engine {
namespace {

void ExpectRefused(World& world, const NewTrigger& wish, ErrorCode code,
                   const std::string& message) {
  SCOPED_TRACE(wish.database + "." + wish.name + " " + wish.spec);
  const auto created = world.Do(world.engine->Create(wish));
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.error().code, code);
  EXPECT_NE(created.error().message.find(message), std::string::npos) << created.error().message;
}

TEST(CreateTrigger, RefusesWithAReason) {
  World world;
  world.Create("taken", "table:cpu");
  const NewTrigger good = world.Wish("t", "table:cpu");
  const auto with = [&](auto change) {
    NewTrigger wish = good;
    change(wish);
    return wish;
  };
  world.files.Miss("lost.py", NotFoundError("no file 'lost.py' in /plugins"));
  ExpectRefused(world, with([](auto& w) { w.spec = "tabel:cpu"; }), ErrorCode::kInvalid,
                "tabel:cpu");
  ExpectRefused(world, with([](auto& w) { w.spec = "every:5m"; }), ErrorCode::kUnsupported,
                "not offered yet");
  ExpectRefused(world, with([](auto& w) { w.spec = "cron:0 0 8 * * *"; }), ErrorCode::kUnsupported,
                "not offered yet");
  ExpectRefused(world, with([](auto& w) { w.spec = "request:hook"; }), ErrorCode::kUnsupported,
                "not offered yet");
  ExpectRefused(world, with([](auto& w) { w.name = ""; }), ErrorCode::kInvalid, "name");
  ExpectRefused(world, with([](auto& w) { w.plugin_filename = "lost.py"; }), ErrorCode::kNotFound,
                "no file 'lost.py' in /plugins");
  ExpectRefused(world, with([](auto& w) { w.database = "othr"; }), ErrorCode::kNotFound,
                "Database not found othr; did you mean 'other'?");
  ExpectRefused(world, with([](auto& w) { w.database = "_internal"; }), ErrorCode::kForbidden,
                "cannot modify internal db");
  ExpectRefused(world, with([](auto& w) { w.name = "taken"; }), ErrorCode::kConflict,
                "already exists");
  EXPECT_EQ(world.engine->Statuses().size(), 1u);
}

TEST(CreateTrigger, KeepsWhatWasAsked) {
  World world;
  NewTrigger wish = world.Wish("t", "table:cpu");
  wish.arguments = std::map<std::string, std::string>{{"threshold", "90"}};
  wish.run_async = true;
  wish.error_behavior = model::ErrorBehavior::kRetry;
  const auto created = world.Do(world.engine->Create(wish));
  ASSERT_TRUE(created.ok()) << created.error().message;
  EXPECT_EQ((*created)->arguments, wish.arguments);
  EXPECT_TRUE((*created)->run_async);
  EXPECT_EQ((*created)->error_behavior, model::ErrorBehavior::kRetry);
  world.Write("cpu", {1});
  EXPECT_EQ(world.CallsOf("t").at(0).trigger->arguments, wish.arguments);
}

TEST(CreateTrigger, StartsAtTheEndOfTheLog) {
  World world;
  world.Write("cpu", {1});
  world.Create("t", "table:cpu");
  world.Write("cpu", {2});
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{2}}));
}

TEST(CreateTrigger, ADisabledOneWaitsToBeEnabled) {
  World world;
  NewTrigger wish = world.Wish("t", "table:cpu");
  wish.disabled = true;
  const TriggerId trigger = world.Create(wish);
  world.Write("cpu", {1});
  EXPECT_TRUE(world.Called("t").empty());
  EXPECT_EQ(world.StatusOf("t").state, "disabled");
  EXPECT_FALSE(world.wal->trigger_state(trigger).has_value());
  EXPECT_TRUE(world.Do(world.engine->Enable("db", "t")).ok());
  world.Write("cpu", {2});
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{2}}));
}

TEST(CreateTrigger, LeavesNothingBehindWhenTheLogRefuses) {
  World world;
  world.wal->Stop();
  const auto created = world.Do(world.engine->Create(world.Wish("t", "table:cpu")));
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(world.catalog->Get()->FindTrigger("db", "t"), nullptr);
}

TEST(StartOfTheServer, TakesUpATriggerThatTheLogWasNotToldOf) {
  World world;
  NewTrigger wish = world.Wish("t", "table:cpu");
  wish.disabled = true;
  const TriggerId trigger = world.Create(wish);
  static_cast<void>(
      World::Await(world.catalog->Commit(catalog::SetTriggerDisabled{"db", "t", false, "", {}})));
  world.Crash();
  world.StartServer();
  world.SettleUntil([&] { return world.wal->trigger_state(trigger).has_value(); });
  world.Write("cpu", {1});
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{1}}));
}

TEST(DisableTrigger, CancelsWhatRunsAndLetsTheLogGo) {
  World world;
  const TriggerId trigger = world.Create("t", "table:cpu");
  world.host->Hold("t.py");
  world.Write("cpu", {1});
  EXPECT_TRUE(world.Do(world.engine->Disable("db", "t")).ok());
  EXPECT_EQ(world.Outcomes(), std::vector<RunOutcome>{RunOutcome::kCancelled});
  EXPECT_FALSE(world.wal->trigger_state(trigger).has_value());
  EXPECT_TRUE(world.catalog->Get()->FindTrigger(trigger)->disabled);
  EXPECT_TRUE(world.catalog->Get()->FindTrigger(trigger)->disabled_reason.empty());
  world.Write("cpu", {2});
  world.Advance(10s);
  EXPECT_EQ(world.CallsOf("t").size(), 1u);
  EXPECT_TRUE(world.Do(world.engine->Disable("db", "t")).ok()) << "once more is no error";
}

TEST(EnableTrigger, StartsNow) {
  World world;
  world.Create("t", "table:cpu");
  EXPECT_TRUE(world.Do(world.engine->Disable("db", "t")).ok());
  world.Write("cpu", {1});
  EXPECT_TRUE(world.Do(world.engine->Enable("db", "t")).ok());
  EXPECT_TRUE(world.Do(world.engine->Enable("db", "t")).ok()) << "once more is no error";
  world.Write("cpu", {2});
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{2}}));
  EXPECT_EQ(world.StatusOf("t").state, "idle");
}

TEST(DeleteTrigger, WantsADisabledOneOrForce) {
  World world;
  const TriggerId trigger = world.Create("t", "table:cpu");
  const Status refused = world.Do(world.engine->Delete("db", "t", false));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_EQ(refused.error().message,
            "Cannot delete running plugin t. Disable it first or use --force.");
  EXPECT_TRUE(world.Do(world.engine->Delete("db", "t", true)).ok());
  EXPECT_TRUE(world.engine->Statuses().empty());
  EXPECT_FALSE(world.wal->trigger_state(trigger).has_value());
  world.Write("cpu", {1});
  EXPECT_TRUE(world.Called("t").empty());

  world.Create("t", "table:cpu");
  EXPECT_TRUE(world.Do(world.engine->Disable("db", "t")).ok());
  EXPECT_TRUE(world.Do(world.engine->Delete("db", "t", false)).ok());
}

TEST(UnknownTrigger, IsNamedWithTheNearest) {
  World world;
  world.Create("alerts", "table:cpu");
  const auto expect = [](const Status& status) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(status.error().message,
              "the requested resource was not found: alert; did you mean 'alerts'?");
  };
  expect(world.Do(world.engine->Enable("db", "alert")));
  expect(world.Do(world.engine->Disable("db", "alert")));
  expect(world.Do(world.engine->Delete("db", "alert", true)));
}

TEST(ManagementCalls, OnOneTriggerDoNotOverlap) {
  World world;
  world.Create("t", "table:cpu");
  int done = 0;
  for (int round = 0; round < 5; ++round) {
    const auto count = [&done](const Status& status) {
      EXPECT_TRUE(status.ok());
      ++done;
    };
    StartTask(world.engine->Disable("db", "t"), count);
    StartTask(world.engine->Enable("db", "t"), count);
  }
  world.SettleUntil([&] { return done == 10; });
  world.Write("cpu", {1});
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{1}}));
}

TEST(ProcessingEngine, RunsOnThreadsOfItsOwn) {
  World::Setup setup;
  World world(setup);
  SystemClock clock;
  ProcessingEngine engine(clock, world.random, *world.catalog, *world.wal, *world.host, world.files,
                          *world.committer, world.queries, world.logs, world.metrics, {});
  engine.Start();
  EXPECT_TRUE(BlockOn(engine.Create(world.Wish("t", "table:cpu"))).ok());
  EXPECT_EQ(engine.Statuses().size(), 1u);
  EXPECT_TRUE(BlockOn(engine.Delete("db", "t", true)).ok());
  engine.Stop();
}

}  // namespace
}  // namespace tidemill::engine
