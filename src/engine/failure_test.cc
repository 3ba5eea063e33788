// What happens when a run does not end well, and when the server does not.
#include "engine/test_world.h"

namespace tidemill::engine {
namespace {

using testing::FakeHost;

NewTrigger Failing(World& world, model::ErrorBehavior behavior) {
  NewTrigger wish = world.Wish("t", "table:cpu");
  wish.error_behavior = behavior;
  world.host->Define("t.py",
                     [](const auto&, auto&) { return FakeHost::Failed("ValueError: boom"); });
  return wish;
}

std::vector<std::uint32_t> Attempts(const std::vector<RunRequest>& calls) {
  std::vector<std::uint32_t> attempts;
  for (const RunRequest& call : calls) attempts.push_back(call.attempt);
  return attempts;
}

TEST(FailedRun, IsRecordedAndPassedOverUnderLog) {
  World world;
  const TriggerId trigger = world.Create(Failing(world, model::ErrorBehavior::kLog));
  world.host->Define("t.py", [](const auto&, auto&) {
    RunResult result = FakeHost::Failed("ValueError: boom");
    result.traceback = "Traceback: line 3";
    result.outputs.push_back({"db", "7"});
    return result;
  });
  const Sequence written = world.Write("cpu", {1});
  EXPECT_EQ(world.logs.texts(LogSeverity::kError),
            std::vector<std::string>{"error executing wal plugin: ValueError: boom"});
  EXPECT_EQ(world.logs.texts(LogSeverity::kInfo).size(), 1u) << "started, but not finished";
  const auto commits = world.committer->commits();
  ASSERT_EQ(commits.size(), 1u);
  EXPECT_EQ(commits[0].run.outcome, RunOutcome::kFailed);
  EXPECT_EQ(commits[0].run.error, "ValueError: boom");
  EXPECT_EQ(commits[0].run.traceback, "Traceback: line 3");
  EXPECT_TRUE(commits[0].outputs.empty()) << "the output of a failed run is discarded";
  EXPECT_GE(world.LowWater(trigger), written);
  world.Advance(1s);
  world.Write("cpu", {2});
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{1}, {2}}));
  EXPECT_EQ(world.StatusOf("t").failures, 2u);
  EXPECT_EQ(world.StatusOf("t").last_error, "ValueError: boom");
}

TEST(FailedRun, IsRetriedAtOnceThenWithGrowingDelays) {
  World world;
  const TriggerId trigger = world.Create(Failing(world, model::ErrorBehavior::kRetry));
  const Sequence written = world.Write("cpu", {1});
  EXPECT_EQ(world.Called("t").size(), 2u) << "the first repetition is at once";
  EXPECT_EQ(world.StatusOf("t").state, "backing off");
  world.Advance(1250ms);  // 1 s, up to a quarter more
  EXPECT_EQ(world.Called("t").size(), 3u);
  world.Advance(1s);
  EXPECT_EQ(world.Called("t").size(), 3u) << "the next delay is 2 s";
  world.Advance(1500ms);
  EXPECT_EQ(world.Called("t").size(), 4u);

  world.Write("cpu", {2});
  world.host->Define("t.py", [](const auto&, auto&) { return FakeHost::Wrote("7"); });
  world.Advance(75s);
  const auto calls = world.CallsOf("t");
  EXPECT_EQ(ValuesOf(calls), (std::vector<Values>{{1}, {1}, {1}, {1}, {1}, {2}})) << "in order";
  EXPECT_EQ(Attempts(calls), (std::vector<std::uint32_t>{1, 2, 3, 4, 5, 1}));
  EXPECT_EQ(calls[0].batch_id, calls[4].batch_id);
  EXPECT_NE(calls[0].run_id, calls[4].run_id);
  const auto commits = world.committer->commits();
  ASSERT_EQ(commits.size(), 6u) << "every attempt is recorded";
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(commits[i].consumed.last, 0u) << i;
  EXPECT_EQ(commits[4].consumed.last, written);
  EXPECT_GE(world.LowWater(trigger), written);
}

TEST(FailedRun, IsGivenUpVisiblyAfterTheTimeForRetries) {
  World::Setup setup;
  setup.engine.retry_for = 5s;
  World world(setup);
  const TriggerId trigger = world.Create(Failing(world, model::ErrorBehavior::kRetry));
  const Sequence written = world.Write("cpu", {1});
  for (int second = 0; second < 10; ++second) world.Advance(1s);
  EXPECT_GE(world.LowWater(trigger), written);
  const std::string last = world.logs.texts(LogSeverity::kError).back();
  EXPECT_NE(last.find("gave up after"), std::string::npos) << last;
  const std::size_t attempts = world.Called("t").size();
  world.Advance(60s);
  EXPECT_EQ(world.Called("t").size(), attempts);
}

TEST(FailedRun, DisablesForGoodWhenTheTriggerSaysSo) {
  World world;
  const TriggerId trigger = world.Create(Failing(world, model::ErrorBehavior::kDisable));
  world.Write("cpu", {1});
  world.SettleUntil([&] { return world.catalog->Get()->FindTrigger(trigger)->disabled; });
  world.SettleUntil([&] { return !world.wal->trigger_state(trigger); });
  const auto stored = world.catalog->Get()->FindTrigger(trigger);
  EXPECT_EQ(stored->disabled_reason, "ValueError: boom");
  EXPECT_EQ(stored->disabled_at, world.clock.Now());
  EXPECT_EQ(world.StatusOf("t").state, "disabled");
  EXPECT_EQ(world.StatusOf("t").last_error, "ValueError: boom");
  EXPECT_EQ(world.Outcomes(), std::vector<RunOutcome>{RunOutcome::kFailed});
  world.Write("cpu", {2});
  world.Advance(60s);
  EXPECT_EQ(world.Called("t").size(), 1u);

  world.StopServer();
  world.StartServer();
  world.Write("cpu", {3});
  EXPECT_TRUE(world.Called("t").empty()) << "a restart does not enable it";
  world.host->Define("t.py", [](const auto&, auto&) { return FakeHost::Done(); });
  EXPECT_TRUE(world.Do(world.engine->Enable("db", "t")).ok()) << "one command does";
  world.Write("cpu", {4});
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{4}}));
  EXPECT_NE(world.logs.texts(LogSeverity::kWarn).back().find("not delivered"), std::string::npos);
}

TEST(FailedRun, CrashesPauseTheTriggerWhenTheyDoNotEnd) {
  World world;
  world.Create("t", "table:cpu");
  world.host->Define("t.py", [](const auto&, auto&) {
    return FakeHost::Ended(RunOutcome::kCrashed, "worker died: signal 11");
  });
  for (std::int64_t value = 1; value <= 5; ++value) {
    world.Write("cpu", {value});
    world.Advance(2s);
  }
  world.Write("cpu", {6});
  world.Advance(5s);
  EXPECT_EQ(world.Called("t").size(), 5u);
  EXPECT_EQ(world.StatusOf("t").state, "backing off");
  world.host->Define("t.py", [](const auto&, auto&) { return FakeHost::Done(); });
  world.Advance(60s);
  EXPECT_EQ(world.Called("t").back(), Values{6});
  world.Write("cpu", {7});
  world.Advance(1s);
  EXPECT_EQ(world.Called("t").back(), Values{7}) << "one good run and all is well";
}

TEST(InterruptedRun, ComesAgainAsTheSameAttempt) {
  World world;
  NewTrigger wish = world.Wish("t", "table:cpu");
  wish.error_behavior = model::ErrorBehavior::kDisable;
  world.Create(wish);
  int runs = 0;
  world.host->Define("t.py", [&](const auto&, auto&) {
    if (++runs == 1) return FakeHost::Ended(RunOutcome::kInterrupted, "its worker was ended");
    return FakeHost::Done();
  });
  world.Write("cpu", {1});
  EXPECT_EQ(Attempts(world.CallsOf("t")), (std::vector<std::uint32_t>{1, 1}));
  EXPECT_EQ(world.Outcomes(), (std::vector<RunOutcome>{RunOutcome::kInterrupted, RunOutcome::kOk}));
  EXPECT_EQ(world.StatusOf("t").state, "idle");
}

TEST(InterruptedRun, IsWhatFailsBecausePluginsCannotRunAnyMore) {
  World world;
  const TriggerId trigger = world.Create("t", "table:cpu");
  world.host->Define("t.py", [&](const auto&, auto&) {
    world.host->SetUnavailable("the virtual environment is gone");
    return FakeHost::Failed("no such file: /venv/bin/python");
  });
  const Sequence written = world.Write("cpu", {1});
  world.Advance(60s);
  EXPECT_EQ(world.Called("t").size(), 1u);
  EXPECT_LT(world.LowWater(trigger), written);
  EXPECT_EQ(world.Outcomes(), std::vector<RunOutcome>{RunOutcome::kInterrupted});
  world.host->Define("t.py", [](const auto&, auto&) { return FakeHost::Done(); });
  world.host->SetUnavailable("");
  world.Advance(5s);
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{1}, {1}}));
  EXPECT_GE(world.LowWater(trigger), written);
}

TEST(RefusedOutput, IsRecordedAndNotRepeated) {
  World world;
  const TriggerId trigger = world.Create(Failing(world, model::ErrorBehavior::kRetry));
  world.host->Define("t.py", [](const auto&, auto&) { return FakeHost::Wrote("7"); });
  world.committer->AnswerNext(std::variant<Sequence, OutputRefused>(
      OutputRefused{{"line 1 of database 'db': invalid column type"}}));
  const Sequence written = world.Write("cpu", {1});
  world.Advance(60s);
  EXPECT_EQ(world.Called("t").size(), 1u);
  const auto commits = world.committer->commits();
  ASSERT_EQ(commits.size(), 2u);
  EXPECT_TRUE(commits[1].outputs.empty());
  EXPECT_EQ(commits[1].run.outcome, RunOutcome::kOutputRefused);
  EXPECT_EQ(commits[1].run.lines_out, 0u);
  EXPECT_EQ(commits[1].consumed.last, written);
  EXPECT_GE(world.LowWater(trigger), written);
  EXPECT_EQ(world.logs.texts(LogSeverity::kError),
            std::vector<std::string>{"error running wal plugin: error writing back lines: line 1 "
                                     "of database 'db': invalid column type"});
}

TEST(RefusedOutput, AnOutputForADatabaseThatCannotBeIsRefused) {
  World world;
  world.Create("t", "table:cpu");
  world.host->Define("t.py", [](const auto&, auto&) { return FakeHost::Wrote("7", "no good"); });
  world.committer->AnswerNext(InvalidError("invalid database name: no good"));
  world.Write("cpu", {1});
  EXPECT_EQ(world.committer->commits().back().run.outcome, RunOutcome::kOutputRefused);
}

TEST(CommitOfARun, WaitsOutAFullDiskWithoutRunningAgain) {
  World world;
  const TriggerId trigger = world.Create("t", "table:cpu");
  world.host->Define("t.py", [](const auto&, auto&) { return FakeHost::Wrote("7"); });
  world.committer->AnswerNext(UnavailableError("disk full"));
  world.committer->AnswerNext(IoError("try again"));
  const Sequence written = world.Write("cpu", {1});
  EXPECT_LT(world.LowWater(trigger), written);
  world.Advance(100ms);
  world.Advance(200ms);
  EXPECT_EQ(world.Called("t").size(), 1u);
  const auto commits = world.committer->commits();
  ASSERT_EQ(commits.size(), 3u);
  EXPECT_EQ(commits[2].outputs.size(), 1u);
  EXPECT_GE(world.LowWater(trigger), written);
}

TEST(CommitOfARun, IsNeverRepeatedWhenItsOutcomeIsUnknown) {
  World world;
  world.Create("t", "table:cpu");
  world.committer->AnswerNext(Error{ErrorCode::kOutcomeUnknown, "fsync failed"});
  world.Write("cpu", {1});
  world.Advance(60s);
  world.Write("cpu", {2});
  world.Advance(60s);
  EXPECT_EQ(world.committer->commits().size(), 1u);
  EXPECT_EQ(world.Called("t").size(), 1u);
  EXPECT_EQ(world.StatusOf("t").state, "waiting");
  EXPECT_EQ(world.StatusOf("t").last_error, "fsync failed");
}

TEST(Restart, ARunThatWasCutOffComesAgainAsItWas) {
  World world;
  world.Create("t", "table:cpu");
  world.host->Hold("t.py");
  world.Write("cpu", {1});
  world.Write("cpu", {2});  // makes the "run started" record durable
  const RunRequest before = world.CallsOf("t").at(0);
  world.Crash();
  world.StartServer();
  world.host->Define("t.py", [](const auto&, auto&) { return FakeHost::Done(); });
  world.Settle();
  world.Advance(1s);
  const auto calls = world.CallsOf("t");
  EXPECT_EQ(ValuesOf(calls), (std::vector<Values>{{1}, {2}}));
  EXPECT_EQ(Attempts(calls), (std::vector<std::uint32_t>{2, 1}));
  EXPECT_EQ(calls[0].batch_id, before.batch_id);
}

TEST(Restart, WhatWasCommittedDoesNotComeAgain) {
  World world;
  world.Create("t", "table:cpu");
  world.Write("cpu", {1});
  world.Advance(10s);  // idle: the progress follows the log without a record
  world.Write("mem", {9});
  world.Advance(10s);
  world.Write("cpu", {2});
  world.Crash();
  world.StartServer();
  world.Settle();
  world.Advance(10s);
  EXPECT_TRUE(world.Called("t").empty());
  world.Write("cpu", {3});
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{3}}));
}

TEST(Restart, WhatWasWrittenButNotYetRunIsDelivered) {
  World world;
  world.Create("t", "table:cpu");
  world.host->SetUnavailable("no Python");
  world.Write("cpu", {1});
  world.Advance(10s);
  world.Write("cpu", {2});
  world.Crash();
  world.StartServer();
  world.Settle();
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{1, 2}}));
}

TEST(Restart, OnlyUnfinishedAsyncRunsComeAgain) {
  World::Setup setup;
  setup.engine.batch_rows_max = 1;
  World world(setup);
  NewTrigger wish = world.Wish("t", "table:cpu");
  wish.run_async = true;
  world.Create(wish);
  world.host->Hold("t.py");
  for (std::int64_t value = 1; value <= 4; ++value) world.Write("cpu", {value});
  world.host->ReleaseAt(1);
  world.Settle();
  world.host->ReleaseAt(1);
  world.Settle();
  world.Crash();
  world.StartServer();
  world.Settle();
  world.Advance(10s);
  const auto calls = world.CallsOf("t");
  EXPECT_EQ(ValuesOf(calls), (std::vector<Values>{{1}, {4}}));
  EXPECT_EQ(Attempts(calls), (std::vector<std::uint32_t>{2, 2}));
}

TEST(Restart, ACleanStopCancelsTheRunAndRecordsIt) {
  World world;
  const TriggerId trigger = world.Create("t", "table:cpu");
  world.host->Hold("t.py");
  const Sequence written = world.Write("cpu", {1});
  world.engine->Stop();
  world.engine->Stop();
  EXPECT_EQ(world.Outcomes(), std::vector<RunOutcome>{RunOutcome::kCancelled});
  EXPECT_LT(world.LowWater(trigger), written);
  world.StopServer();
  world.StartServer();
  world.Settle();
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{1}}));
  EXPECT_EQ(world.CallsOf("t")[0].attempt, 2u);
}

TEST(Restart, ATriggerThatIsGoneHoldsNoLog) {
  World world;
  const TriggerId trigger = world.Create("t", "table:cpu");
  // The catalog was told, and the server died before the log was.
  static_cast<void>(
      World::Await(world.catalog->Commit(catalog::SetTriggerDisabled{"db", "t", true, "", {}})));
  world.Crash();
  world.StartServer();
  world.Settle();
  EXPECT_FALSE(world.wal->trigger_state(trigger).has_value());
}

}  // namespace
}  // namespace tidemill::engine
