#include "wal/ledger.h"

#include <gtest/gtest.h>

namespace tidemill::wal {
namespace {

constexpr TriggerId kTrigger{4};

class LedgerTest : public ::testing::Test {
 protected:
  void SetUp() override { ledger_.Apply(TriggerState{.trigger = kTrigger, .low_water = 10}); }
  void Start(Sequence first, Sequence last, std::uint32_t attempt = 1) {
    ledger_.Apply(RunStarted{.trigger = kTrigger, .range = {first, last}, .attempt = attempt});
  }
  void Commit(Sequence first, Sequence last) {
    ledger_.Apply(RunCommit{.trigger = kTrigger, .consumed = {first, last}});
  }
  TriggerState State() { return *ledger_.trigger(kTrigger); }
  // What a restart would find.
  TriggerState StoredState() {
    Ledger restarted;
    for (const Record& record : log_) restarted.Apply(record);
    return *restarted.trigger(kTrigger);
  }

  Ledger ledger_;
  std::vector<Record> log_ = {TriggerState{.trigger = kTrigger, .low_water = 10}};
};

TEST_F(LedgerTest, CommittedRunMovesTheLowWater) {
  Start(11, 20);
  ASSERT_EQ(State().under_way.size(), 1u);
  EXPECT_EQ(State().under_way[0].range, (SequenceRange{11, 20}));
  EXPECT_EQ(State().low_water, 10u);
  Commit(11, 20);
  EXPECT_EQ(State().low_water, 20u);
  EXPECT_TRUE(State().under_way.empty());
  EXPECT_TRUE(State().finished.empty());
}

TEST_F(LedgerTest, RunsThatEndOutOfOrderWaitForTheFirst) {
  Start(11, 20);
  Start(21, 30);
  Start(31, 40);
  Commit(31, 40);
  Commit(21, 30);
  EXPECT_EQ(State().low_water, 10u);
  EXPECT_EQ(State().finished, (std::vector<SequenceRange>{{21, 30}, {31, 40}}));
  EXPECT_EQ(State().under_way.size(), 1u);
  Commit(11, 20);
  EXPECT_EQ(State().low_water, 40u);
  EXPECT_TRUE(State().finished.empty());
}

TEST_F(LedgerTest, RepeatedStartReplacesTheFirst) {
  Start(11, 20, 1);
  Start(11, 25, 2);
  ASSERT_EQ(State().under_way.size(), 1u);
  EXPECT_EQ(State().under_way[0].attempt, 2u);
  EXPECT_EQ(State().under_way[0].range.last, 25u);
}

TEST_F(LedgerTest, CommitThatCoversMoreThanTheStartEndsTheRun) {
  Start(15, 20);
  Commit(11, 20);
  EXPECT_TRUE(State().under_way.empty());
  EXPECT_EQ(State().low_water, 20u);
}

TEST_F(LedgerTest, GapBetweenRangesIsClosedByCatchingUp) {
  Commit(15, 20);
  EXPECT_EQ(State().low_water, 10u);
  ledger_.NoteCaughtUp(kTrigger, 14);
  EXPECT_EQ(State().low_water, 20u);
  ledger_.NoteCaughtUp(kTrigger, 12);
  EXPECT_EQ(State().low_water, 20u) << "never backwards";
}

TEST_F(LedgerTest, ScheduleRunMovesTheTickOnly) {
  ledger_.Apply(RunCommit{.trigger = kTrigger, .tick = Timestamp(500), .cache_changes = "c"});
  EXPECT_EQ(State().last_tick, Timestamp(500));
  EXPECT_EQ(State().low_water, 10u);
  EXPECT_EQ(State().durable_cache, "c");
  ledger_.Apply(RunCommit{.trigger = kTrigger, .tick = Timestamp(400)});
  EXPECT_EQ(State().last_tick, Timestamp(500)) << "never backwards";
  EXPECT_EQ(State().durable_cache, "c");
}

TEST_F(LedgerTest, RunsOfADeletedTriggerChangeNothing) {
  ledger_.Apply(TriggerGone{.trigger = kTrigger});
  Start(11, 12);
  Commit(11, 12);
  ledger_.NoteCaughtUp(kTrigger, 30);
  EXPECT_FALSE(ledger_.trigger(kTrigger).has_value());
  ledger_.NoteFlushed(99);
  EXPECT_EQ(ledger_.releasable(), 99u);
}

TEST_F(LedgerTest, ReleasableIsTheLeastOfFlushedAndDurablyPassed) {
  EXPECT_EQ(ledger_.releasable(), 0u);
  ledger_.NoteFlushed(50);
  EXPECT_EQ(ledger_.releasable(), 10u);
  Commit(11, 30);
  EXPECT_EQ(ledger_.releasable(), 30u);
  ledger_.NoteCaughtUp(kTrigger, 45);
  EXPECT_EQ(ledger_.releasable(), 30u) << "the log does not hold it yet";
  const SegmentState state = ledger_.Capture(60);
  EXPECT_EQ(ledger_.releasable(), 30u) << "it is not durable yet";
  ledger_.Captured(state);
  EXPECT_EQ(ledger_.releasable(), 45u);
  ledger_.NoteCaughtUp(kTrigger, 70);
  ledger_.Captured(ledger_.Capture(71));
  EXPECT_EQ(ledger_.releasable(), 50u);
}

TEST_F(LedgerTest, CommitCarriesTheStretchThatWasCaughtUpWithoutARecord) {
  ledger_.NoteCaughtUp(kTrigger, 30);
  RunCommit commit{.trigger = kTrigger, .consumed = {31, 40}};
  ledger_.CoverCaughtUp(commit);
  EXPECT_EQ(commit.consumed, (SequenceRange{11, 40}));
  ledger_.Apply(commit);
  log_.push_back(commit);
  EXPECT_EQ(State().low_water, 40u);
  EXPECT_TRUE(StoredState() == State());
}

TEST_F(LedgerTest, CommitBehindAnotherRunIsLeftAsItIs) {
  ledger_.NoteCaughtUp(kTrigger, 30);
  RunCommit later{.trigger = kTrigger, .consumed = {41, 50}};
  ledger_.CoverCaughtUp(later);
  EXPECT_EQ(later.consumed, (SequenceRange{41, 50}));
  RunCommit schedule{.trigger = kTrigger, .tick = Timestamp(1)};
  ledger_.CoverCaughtUp(schedule);
  EXPECT_EQ(schedule.consumed, SequenceRange{});
}

TEST_F(LedgerTest, StateRecordHoldsTablesThatAreFurtherThanTheRest) {
  ledger_.NoteFlushed(20);
  ledger_.NoteTableFlushed(TableId(1), 15);
  ledger_.NoteTableFlushed(TableId(2), 40);
  ledger_.NoteTableFlushed(TableId(2), 30);
  const SegmentState state = ledger_.Capture(51);
  EXPECT_EQ(state.next_sequence, 51u);
  EXPECT_EQ(state.flushed, 20u);
  ASSERT_EQ(state.tables.size(), 1u);
  EXPECT_EQ(state.tables[0].table, TableId(2));
  EXPECT_EQ(state.tables[0].flushed, 40u);
  Ledger restarted;
  restarted.Apply(state);
  EXPECT_EQ(restarted.trigger(kTrigger)->low_water, 10u);
  EXPECT_EQ(restarted.Capture(51).tables.size(), 1u);
  ledger_.NoteFlushed(40);
  EXPECT_TRUE(ledger_.Capture(51).tables.empty());
}

}  // namespace
}  // namespace tidemill::wal
