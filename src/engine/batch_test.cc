#include "engine/batch.h"

#include "engine/test_world.h"

namespace tidemill::engine {
namespace {

constexpr TriggerId kTrigger{77};

BatchReader ReaderFor(World& world, model::TriggerSpec spec, BatchReader::Limits limits = {}) {
  model::Trigger trigger;
  trigger.id = kTrigger;
  trigger.database = world.catalog->Get()->FindDatabase("db")->id;
  trigger.spec = std::move(spec);
  if (limits.rows_max == 0) limits.rows_max = 1000;
  if (limits.bytes_max == 0) limits.bytes_max = 1 << 20;
  return BatchReader(*world.wal, *world.catalog, WriteFilter(trigger, 16), limits);
}

Values All(const Batch& batch) {
  Values values;
  for (const TableBatch& table : batch.call.tables) {
    for (const std::int64_t value : ValuesOf(table)) values.push_back(value);
  }
  return values;
}

TEST(Batch, CoversEverythingLookedAt) {
  World world;
  const auto reader = ReaderFor(world, model::OnTable{"cpu"});
  world.WriteOnly("db", {{"mem", {1}}});
  const Sequence first = world.WriteOnly("db", {{"cpu", {2}}});
  const Sequence last = world.WriteOnly("other", {{"cpu", {3}}});
  const auto batch = reader.Next(0, 0);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->range, (wal::SequenceRange{1, last}));
  EXPECT_EQ(batch->first_write, first);
  EXPECT_EQ(All(*batch), Values{2});
  EXPECT_EQ(batch->rows, 1u);
  EXPECT_TRUE(batch->reached_end);
}

TEST(Batch, RunOutputsAreDeliveredAndCarriedRowsAreNot) {
  World world;
  const auto reader = ReaderFor(world, model::OnAllTables{});
  wal::RunCommit commit;
  commit.trigger = TriggerId(5);
  commit.outputs.push_back(world.Record("db", {{"cpu", {1}}}, {TriggerId(5), 3}));
  commit.outputs.push_back(world.Record("other", {{"cpu", {2}}}, {TriggerId(5), 3}));
  commit.outputs.push_back(world.Record("db", {{"cpu", {3}}}, {TriggerId(5), 3}));
  static_cast<void>(World::Await(world.wal->Append(commit)));
  static_cast<void>(
      World::Await(world.wal->Append(wal::CarriedRows{1, world.Record("db", {{"cpu", {4}}})})));
  const auto batch = reader.Next(0, 0);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(All(*batch), (Values{1, 3}));
  EXPECT_EQ(batch->depth, 3);
  EXPECT_EQ(batch->deepest_origin, TriggerId(5));
}

TEST(Batch, OwnAndTooDeepWritesAreLeftOut) {
  World world;
  const auto reader = ReaderFor(world, model::OnAllTables{});
  world.WriteOnly("db", {{"cpu", {1}}}, {kTrigger, 1});
  world.WriteOnly("db", {{"cpu", {2}}}, {TriggerId(5), 15});
  world.WriteOnly("db", {{"cpu", {3}}}, {TriggerId(5), 16});
  const auto batch = reader.Next(0, 0);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(All(*batch), Values{2});
  EXPECT_EQ(batch->depth, 15);
}

TEST(Batch, AStepLooksOnlySoFar) {
  World world;
  const auto reader =
      ReaderFor(world, model::OnTable{"cpu"},
                BatchReader::Limits{.rows_max = 0, .bytes_max = 0, .scanned_bytes_max = 1});
  world.WriteOnly("db", {{"mem", {1}}});
  const Sequence end = world.WriteOnly("db", {{"mem", {2}}});
  const auto first = reader.Next(0, 0);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first->empty());
  EXPECT_EQ(first->range.last, end) << "what was read at once is looked at";
  EXPECT_FALSE(first->reached_end);
  const auto second = reader.Next(0, end);
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->reached_end);
  EXPECT_EQ(second->range, (wal::SequenceRange{1, end}));
}

TEST(Batch, ARangeComesAgainWhole) {
  World world;
  const auto reader =
      ReaderFor(world, model::OnTable{"cpu"}, BatchReader::Limits{.rows_max = 1, .bytes_max = 1});
  const Sequence first = world.WriteOnly("db", {{"cpu", {1}}});
  const Sequence second = world.WriteOnly("db", {{"cpu", {2}}});
  world.WriteOnly("db", {{"cpu", {3}}});
  const auto batch = reader.Again({first, second}, first - 1);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(All(*batch), (Values{1, 2}));
  EXPECT_EQ(batch->range, (wal::SequenceRange{first, second}));
  EXPECT_EQ(batch->first_write, first);
  EXPECT_EQ(All(*reader.Again({first, second}, first)), Values{2}) << "the rest was passed already";
}

}  // namespace
}  // namespace tidemill::engine
