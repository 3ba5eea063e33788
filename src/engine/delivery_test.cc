// Which writes a trigger is called for, when, and in which batches.
#include "engine/test_world.h"

namespace tidemill::engine {
namespace {

TEST(Delivery, EachWriteIsDeliveredOnceWithItsNames) {
  World world;
  world.Create("t", "table:cpu");
  world.Write("cpu", {1, 2});
  world.Advance(1s);
  world.Write("cpu", {3});
  world.Advance(10s);
  const auto calls = world.CallsOf("t");
  EXPECT_EQ(ValuesOf(calls), (std::vector<Values>{{1, 2}, {3}}));
  const TableBatch& table = std::get<WriteCall>(calls[0].call).tables[0];
  EXPECT_EQ(table.table_name, "cpu");
  EXPECT_EQ(table.rows(), 2u);
  EXPECT_EQ(table.blocks[0].tag_names, std::vector<std::string>{"host"});
  EXPECT_EQ(table.blocks[0].field_names, std::vector<std::string>{"v"});
  EXPECT_EQ(table.schema_columns, (std::vector<std::string>{"host", "v"}));
  EXPECT_EQ(calls[0].database, "db");
  EXPECT_NE(calls[0].run_id, calls[1].run_id);
  EXPECT_NE(calls[0].batch_id, calls[1].batch_id);
}

TEST(Delivery, OtherTablesAndDatabasesWakeNobody) {
  World world;
  const TriggerId trigger = world.Create("t", "table:cpu");
  world.Write("mem", {1});
  world.WriteOnly("other", {{"cpu", {2}}});
  world.Advance(10s);
  EXPECT_TRUE(world.Called("t").empty());
  EXPECT_EQ(world.LowWater(trigger), world.wal->durable()) << "it follows the log without a run";
  EXPECT_TRUE(world.committer->commits().empty());
}

TEST(Delivery, AllTablesComeInOneCallInOrderOfFirstAppearance) {
  World world;
  world.Create("t", "all_tables");
  world.WriteOnly("db", {{"mem", {1}}, {"cpu", {2}}});
  world.WriteOnly("db", {{"cpu", {3}}, {"mem", {4}}});
  world.Settle();
  const auto calls = world.CallsOf("t");
  ASSERT_EQ(calls.size(), 1u);
  const auto& tables = std::get<WriteCall>(calls[0].call).tables;
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(tables[0].table_name, "mem");
  EXPECT_EQ(ValuesOf(tables[0]), (Values{1, 4}));
  EXPECT_EQ(tables[1].table_name, "cpu");
  EXPECT_EQ(ValuesOf(tables[1]), (Values{2, 3}));
}

TEST(Delivery, ATableMadeAfterTheTriggerIsDelivered) {
  World world;
  world.Create("t", "table:new");
  world.CreateTable("db", "new");
  world.Write("new", {1});
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{1}}));
}

TEST(Delivery, ABatchIsWholeWritesUpToTheLimit) {
  World::Setup setup;
  setup.engine.batch_rows_max = 10;
  World world(setup);
  world.Create("t", "table:cpu");
  world.WriteOnly("db", {{"cpu", {1, 2, 3, 4}}});
  world.WriteOnly("db", {{"cpu", {5, 6, 7, 8}}});
  world.WriteOnly("db", {{"cpu", {9, 10, 11, 12}}});
  world.WriteOnly("db", {{"cpu", Values(25, 13)}});
  world.WriteOnly("db", {{"cpu", {14}}});
  world.Settle();
  world.Advance(1s);
  EXPECT_EQ(world.Called("t"),
            (std::vector<Values>{{1, 2, 3, 4, 5, 6, 7, 8}, {9, 10, 11, 12}, Values(25, 13), {14}}));
}

TEST(Delivery, ABatchIsLimitedInBytesToo) {
  World::Setup setup;
  setup.engine.batch_bytes_max = 1;
  World world(setup);
  world.Create("t", "table:cpu");
  world.WriteOnly("db", {{"cpu", {1}}});
  world.WriteOnly("db", {{"cpu", {2}}});
  world.Settle();
  world.Advance(1s);
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{1}, {2}}));
}

TEST(Delivery, RunsAreSpacedWhileWritesTrickleIn) {
  World world;
  world.Create("t", "table:cpu");
  world.Advance(5s);
  world.Write("cpu", {1});
  EXPECT_EQ(world.Called("t").size(), 1u) << "a quiet trigger runs at once";
  world.Write("cpu", {2});
  world.Advance(60ms);
  world.Write("cpu", {3});
  EXPECT_EQ(world.Called("t").size(), 1u) << "the next run is 100 ms after the first";
  world.Advance(40ms);
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{1}, {2, 3}}));
}

TEST(Delivery, AFullBatchDoesNotWait) {
  World::Setup setup;
  setup.engine.batch_rows_max = 4;
  World world(setup);
  world.Create("t", "table:cpu");
  world.Write("cpu", {1});
  world.Write("cpu", {2, 3});
  EXPECT_EQ(world.Called("t").size(), 1u);
  world.Write("cpu", {4, 5});
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{1}, {2, 3, 4, 5}}));
}

TEST(Delivery, ARunInOrderWaitsForTheOneBefore) {
  World world;
  world.Create("t", "table:cpu");
  world.host->Hold("t.py");
  world.Write("cpu", {1});
  world.Advance(5s);
  world.Write("cpu", {2});
  world.Advance(5s);
  EXPECT_EQ(world.Called("t").size(), 1u);
  EXPECT_EQ(world.StatusOf("t").state, "running");
  world.host->Release();
  world.Settle();
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{1}, {2}}));
}

TEST(Delivery, OutputAndProgressAreOneCommit) {
  World world;
  const TriggerId trigger = world.Create("t", "table:cpu");
  world.host->Define("t.py", [](const auto&, auto&) { return testing::FakeHost::Wrote("7"); });
  const Sequence written = world.Write("cpu", {1, 2});
  const auto commits = world.committer->commits();
  ASSERT_EQ(commits.size(), 1u);
  EXPECT_EQ(commits[0].trigger, trigger);
  EXPECT_EQ(commits[0].consumed.last, written);
  EXPECT_LE(commits[0].consumed.first, written);
  EXPECT_EQ(commits[0].depth, 1);
  ASSERT_EQ(commits[0].outputs.size(), 1u);
  EXPECT_EQ(commits[0].outputs[0].database, "db") << "the trigger's own";
  EXPECT_EQ(commits[0].outputs[0].lines, "7");
  const RunRow& run = commits[0].run;
  EXPECT_EQ(run.kind, "write");
  EXPECT_EQ(run.trigger, "t");
  EXPECT_EQ(run.plugin, "t.py");
  EXPECT_EQ(run.outcome, RunOutcome::kOk);
  EXPECT_EQ(run.rows_in, 2u);
  EXPECT_EQ(run.lines_out, 1u);
  EXPECT_EQ(run.run_id, world.CallsOf("t")[0].run_id);
  EXPECT_GE(world.LowWater(trigger), written);
}

TEST(Delivery, OutputsAreGroupedByDatabaseInOrder) {
  World world;
  world.Create("t", "table:cpu");
  world.CreateTable("other", "mem");
  world.host->Define("t.py", [](const auto&, auto&) {
    RunResult result = testing::FakeHost::Wrote("1");
    result.outputs.push_back({"other", "2"});
    result.outputs.push_back({"db", "3"});
    return result;
  });
  world.Write("cpu", {1});
  const auto outputs = world.committer->commits().at(0).outputs;
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(outputs[0].lines, "1\n3");
  EXPECT_EQ(outputs[1].lines, "2");
}

TEST(Delivery, OwnWritesDoNotComeBack) {
  World world;
  world.Create("t", "all_tables");
  world.Create("watcher", "all_tables");
  world.host->Define("t.py", [](const auto&, auto&) { return testing::FakeHost::Wrote("7"); });
  world.Write("cpu", {1});
  world.Advance(1s);
  world.Advance(1s);
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{1}}));
  EXPECT_EQ(world.Called("watcher"), (std::vector<Values>{{1}, {7}}));
}

TEST(Delivery, AChainOfTriggersEndsAtTheDepthLimit) {
  World::Setup setup;
  setup.engine.depth_max = 4;
  World world(setup);
  for (const std::string name : {"ping", "pong"}) {
    world.Create(name, "all_tables");
    world.host->Define(name + ".py",
                       [](const auto&, auto&) { return testing::FakeHost::Wrote("7"); });
  }
  world.Write("cpu", {1});
  for (int second = 0; second < 20; ++second) world.Advance(1s);
  // Depth 0 calls both, each answers at depth 1, 2, 3 to the other; depth 4 calls nobody.
  EXPECT_EQ(world.Called("ping").size(), 4u);
  EXPECT_EQ(world.Called("pong").size(), 4u);
  const auto warnings = world.logs.texts(LogSeverity::kWarn);
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_NE(warnings[0].find("'ping'"), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[0].find("'pong'"), std::string::npos) << warnings[0];
}

TEST(Delivery, RunsAnnounceAndFinishInTheLog) {
  World world;
  world.Create("t", "table:cpu");
  world.host->Define("t.py", [&](const RunRequest&, RunServices& services) {
    services.Log(LogSeverity::kInfo, "hello");
    world.clock.Advance(12ms + 345us + 678ns);
    return RunResult();
  });
  world.Write("cpu", {1});
  EXPECT_EQ(world.logs.texts(),
            (std::vector<std::string>{"starting execution of wal plugin.", "hello",
                                      "finished execution in 12ms 345us 678ns"}));
  for (const LogRow& row : world.logs.rows()) {
    EXPECT_EQ(row.run_id, world.CallsOf("t")[0].run_id);
    EXPECT_EQ(row.trigger, "t");
    EXPECT_EQ(row.database, "db");
  }
}

TEST(Delivery, AsyncRunsOverlapUpToTheLimit) {
  World::Setup setup;
  setup.engine.batch_rows_max = 1;
  World world(setup);
  NewTrigger wish = world.Wish("t", "table:cpu");
  wish.run_async = true;
  world.Create(wish);
  world.host->Hold("t.py");
  for (std::int64_t value = 1; value <= 10; ++value) world.Write("cpu", {value});
  EXPECT_EQ(world.host->held(), 8u);
  world.host->ReleaseAt(3);
  world.Settle();
  EXPECT_EQ(world.host->held(), 8u);
  EXPECT_EQ(world.Called("t").size(), 9u);
}

TEST(Delivery, ProgressOfAsyncRunsStopsAtTheFirstUnfinished) {
  World::Setup setup;
  setup.engine.batch_rows_max = 1;
  World world(setup);
  NewTrigger wish = world.Wish("t", "table:cpu");
  wish.run_async = true;
  const TriggerId trigger = world.Create(wish);
  world.host->Hold("t.py");
  const Sequence first = world.Write("cpu", {1});
  const Sequence second = world.Write("cpu", {2});
  world.Write("cpu", {3});
  world.host->ReleaseAt(1);
  world.Settle();
  world.Advance(5s);
  EXPECT_LT(world.LowWater(trigger), first);
  world.host->ReleaseAt(0);
  world.Settle();
  EXPECT_GE(world.LowWater(trigger), second);
  EXPECT_EQ(world.host->held(), 1u);
}

TEST(Delivery, RunsWaitVisiblyWhilePluginsCannotRun) {
  World world;
  world.Create("t", "table:cpu");
  world.host->SetUnavailable("no Python at /venv/bin/python");
  world.Write("cpu", {1});
  world.Advance(5s);
  world.Write("cpu", {2});
  world.Advance(20s);
  EXPECT_TRUE(world.Called("t").empty());
  EXPECT_EQ(world.StatusOf("t").state, "waiting");
  const auto warnings = world.logs.texts(LogSeverity::kWarn);
  ASSERT_EQ(warnings.size(), 1u) << "once";
  EXPECT_NE(warnings[0].find("no Python at /venv/bin/python"), std::string::npos);
  world.host->SetUnavailable("");
  world.Advance(5s);
  EXPECT_EQ(world.Called("t"), (std::vector<Values>{{1, 2}}));
}

TEST(Delivery, WhatTheLogNoLongerHasIsAVisibleGap) {
  World::Setup setup;
  setup.in_memory = true;
  setup.tail_bytes_max = 100;
  World world(setup);
  const TriggerId trigger = world.Create("t", "table:cpu");
  world.host->Hold("t.py");
  world.Write("cpu", {1});
  for (std::int64_t value = 2; value < 50; ++value) world.Write("cpu", {value});
  world.host->Release();
  world.Settle();
  world.Advance(5s);
  ASSERT_EQ(world.logs.texts(LogSeverity::kWarn).size(), 1u);
  EXPECT_NE(world.logs.texts(LogSeverity::kWarn)[0].find("gap: the writes"), std::string::npos);
  const RunRow gap = world.committer->commits().at(1).run;
  EXPECT_EQ(gap.outcome, RunOutcome::kFailed);
  EXPECT_LT(gap.consumed.first, gap.consumed.last);
  EXPECT_GE(world.LowWater(trigger), gap.consumed.last);
  world.host->Hold("nobody.py");
  world.Write("cpu", {50});
  world.host->Release();
  world.Settle();
  EXPECT_EQ(world.Called("t").back(), Values{50}) << "it goes on behind the gap";
}

TEST(Delivery, StatusCountsRuns) {
  World world;
  world.Create("t", "table:cpu");
  world.Write("cpu", {1});
  const TriggerStatus status = world.StatusOf("t");
  EXPECT_EQ(status.runs, 1u);
  EXPECT_EQ(status.failures, 0u);
  EXPECT_EQ(status.state, "idle");
  EXPECT_EQ(status.database, "db");
}

TEST(Delivery, MetricsShowRunsAndLag) {
  World world;
  world.Create("t", "table:cpu");
  world.host->Hold("t.py");
  world.Write("cpu", {1});
  world.Write("cpu", {2});
  world.Advance(1s);
  const std::string behind = world.metrics.Print();
  EXPECT_EQ(behind.find("tidemill_trigger_lag_sequences{database=\"db\",trigger=\"t\"} 0"),
            std::string::npos);
  EXPECT_NE(behind.find("tidemill_trigger_lag_sequences{database=\"db\",trigger=\"t\"}"),
            std::string::npos);
  world.host->Release();
  world.Settle();
  world.host->Release();
  world.Settle();
  world.Advance(2s);
  const std::string done = world.metrics.Print();
  EXPECT_NE(done.find("tidemill_trigger_lag_sequences{database=\"db\",trigger=\"t\"} 0"),
            std::string::npos);
  EXPECT_NE(
      done.find("tidemill_trigger_runs_total{database=\"db\",trigger=\"t\",outcome=\"ok\"} 2"),
      std::string::npos)
      << done;
}

}  // namespace
}  // namespace tidemill::engine
