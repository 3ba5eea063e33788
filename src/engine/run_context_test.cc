#include "engine/run_context.h"

#include "engine/test_world.h"

namespace tidemill::engine {
namespace {

// What the plugin does with its services, in a run.
void InRun(World& world, std::function<void(RunServices&)> body) {
  world.Create("t", "table:cpu");
  world.host->Define("t.py", [&](const RunRequest&, RunServices& services) {
    body(services);
    return RunResult();
  });
  world.Write("cpu", {1});
  ASSERT_EQ(world.Called("t").size(), 1u);
}

TEST(RunContext, QueriesTheTriggersOwnDatabaseUnlessTold) {
  World world;
  InRun(world, [&](RunServices& services) {
    EXPECT_TRUE(services.Query("SELECT 1", {{"a", "b"}}, "").ok());
    world.clock.Advance(20s);
    EXPECT_TRUE(services.Query("SELECT 2", {}, "other").ok());
  });
  const auto asked = world.queries.asked();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0].database, "db");
  EXPECT_EQ(asked[0].parameters.at("a"), "b");
  EXPECT_EQ(asked[0].time_limit, 60s);
  EXPECT_EQ(asked[1].database, "other");
  EXPECT_EQ(asked[1].time_limit, 40s) << "what is left of the run's time";
}

TEST(RunContext, AFailedQueryNamesDatabaseAndText) {
  World world;
  world.queries.Answer(InvalidError("no table 'x'"));
  InRun(world, [&](RunServices& services) {
    const auto rows = services.Query("SELECT * FROM x", {}, "");
    ASSERT_FALSE(rows.ok());
    EXPECT_EQ(rows.error().message, "error: no table 'x' executing query on db: SELECT * FROM x");
    world.clock.Advance(61s);
    EXPECT_EQ(services.Query("SELECT 1", {}, "").error().code, ErrorCode::kTimeout);
  });
}

TEST(RunContext, SyncWritesCarryTheRunsOriginAndDepth) {
  World world;
  InRun(world, [&](RunServices& services) {
    EXPECT_TRUE(services.WriteSync("", "a v=1", true).ok());
    EXPECT_TRUE(services.WriteSync("other", "b v=2", false).ok());
    world.committer->AnswerWriteSync(InvalidError("invalid column type"));
    const Status refused = services.WriteSync("", "a v=1i", false);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().message, "error writing line protocol to db: invalid column type");
  });
  const auto writes = world.committer->sync_writes();
  ASSERT_EQ(writes.size(), 3u);
  EXPECT_EQ(writes[0].database, "db");
  EXPECT_TRUE(writes[0].no_sync);
  EXPECT_EQ(writes[0].depth, 1);
  EXPECT_EQ(writes[0].origin, world.CallsOf("t")[0].trigger->id);
  EXPECT_EQ(writes[1].database, "other");
  EXPECT_FALSE(writes[1].no_sync);
}

TEST(RunContext, AQueryWaitsForTheRunsUnsyncedWrites) {
  World world;
  Sequence written = 0;
  InRun(world, [&](RunServices& services) {
    EXPECT_TRUE(services.WriteSync("", "a v=1", true).ok());
    world.wal->Append(world.Record("db", {{"mem", {7}}}), &written);  // what the write came to
    EXPECT_TRUE(services.Query("SELECT 1", {}, "").ok());
    EXPECT_GE(world.wal->durable(), written);
  });
  EXPECT_NE(written, 0u);
}

TEST(RunContext, TheGlobalCacheIsSharedByAllTriggers) {
  World world;
  InRun(world, [](RunServices& services) {
    EXPECT_FALSE(services.CacheGet("k").has_value());
    EXPECT_TRUE(services.CachePut("k", "pickled", std::nullopt).ok());
  });
  world.Create("second", "table:mem");
  world.host->Define("second.py", [](const RunRequest&, RunServices& services) {
    EXPECT_EQ(services.CacheGet("k")->pickled, "pickled");
    EXPECT_TRUE(services.CacheDelete("k"));
    return RunResult();
  });
  world.Write("mem", {1});
  EXPECT_EQ(world.Called("second").size(), 1u);
}

}  // namespace
}  // namespace tidemill::engine
