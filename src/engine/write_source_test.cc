#include "engine/write_source.h"

#include "engine/test_world.h"

namespace tidemill::engine {
namespace {

class Listener final : public MatchListener {
 public:
  void OnMatch(const Match& match) override { matches.push_back(match); }
  std::vector<Match> matches;
};

class WriteSourceTest : public ::testing::Test {
 protected:
  std::shared_ptr<Listener> Listen(TriggerId id, model::TriggerSpec spec) {
    model::Trigger trigger;
    trigger.id = id;
    trigger.database = world.catalog->Get()->FindDatabase("db")->id;
    trigger.spec = std::move(spec);
    auto listener = std::make_shared<Listener>();
    source.Add(id, WriteFilter(trigger, 16), listener);
    return listener;
  }
  void Commit(wal::Record record) {
    wal::CommittedGroup group;
    group.first = group.last = ++sequence;
    group.records.push_back(
        {sequence, std::make_shared<const wal::Record>(std::move(record)), 100});
    source.OnCommitted(group);
  }

  World world;
  WriteSource source{*world.catalog};
  Sequence sequence = 0;
};

TEST_F(WriteSourceTest, TellsOncePerRecordWithAllItsRows) {
  const auto all = Listen(TriggerId(1), model::OnAllTables{});
  const auto cpu = Listen(TriggerId(2), model::OnTable{"cpu"});
  Commit(world.Record("db", {{"cpu", {1, 2}}, {"mem", {3}}}));
  ASSERT_EQ(all->matches.size(), 1u);
  EXPECT_EQ(all->matches[0].sequence, 1u);
  EXPECT_EQ(all->matches[0].rows, 3u);
  EXPECT_EQ(all->matches[0].bytes, 100u);
  ASSERT_EQ(cpu->matches.size(), 1u);
  EXPECT_EQ(cpu->matches[0].rows, 2u);
  EXPECT_EQ(source.told(), 1u);
}

TEST_F(WriteSourceTest, ARemovedTriggerIsNotToldAndANewOneIs) {
  const auto first = Listen(TriggerId(1), model::OnTable{"cpu"});
  Commit(world.Record("db", {{"cpu", {1}}}));
  source.Remove(TriggerId(1));
  const auto second = Listen(TriggerId(2), model::OnTable{"cpu"});
  Commit(world.Record("db", {{"cpu", {2}}}));
  EXPECT_EQ(first->matches.size(), 1u);
  EXPECT_EQ(second->matches.size(), 1u);
}

TEST_F(WriteSourceTest, NobodyIsToldOfOwnDeepCarriedOrForeignRows) {
  const auto all = Listen(TriggerId(1), model::OnAllTables{});
  Commit(world.Record("db", {{"cpu", {1}}}, {TriggerId(1), 1}));
  Commit(world.Record("db", {{"cpu", {1}}}, {TriggerId(2), 16}));
  Commit(world.Record("other", {{"cpu", {1}}}));
  Commit(world.Record("db", {{"cpu", {}}}));
  Commit(wal::CarriedRows{1, world.Record("db", {{"cpu", {1}}})});
  Commit(wal::RunStarted{TriggerId(1), {1, 2}, 1});
  EXPECT_TRUE(all->matches.empty());
  EXPECT_EQ(source.told(), 6u) << "but it is known how far it was told";
}

}  // namespace
}  // namespace tidemill::engine
