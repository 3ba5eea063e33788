// Which segments go, and when.
#include <gtest/gtest.h>

#include "wal/test_rig.h"

namespace tidemill::wal {
namespace {

constexpr TriggerId kTrigger{4};

// Small segments; `kEach` writes fill more than two.
class Retention : public ::testing::Test {
 protected:
  static constexpr std::int64_t kEach = 60;
  void SetUp() override {
    rig_.options.segment_bytes = 2000;
    ASSERT_TRUE(rig_.Open().ok());
  }
  void Write(std::int64_t count = kEach) { rig_.WriteAll(1, count); }
  // What a note allows is done behind the commit that follows it, so the one after that sees it.
  Sequence FirstKept() {
    Write(2);
    return rig_.wal->Segments().front().first;
  }
  Rig rig_;
};

TEST_F(Retention, NothingGoesBeforeItIsFlushed) {
  Write();
  EXPECT_EQ(FirstKept(), 1u);
  const Sequence last = rig_.wal->Segments().front().last;
  rig_.wal->NoteFlushed(last - 1);
  EXPECT_EQ(FirstKept(), 1u);
  rig_.wal->NoteFlushed(last);
  EXPECT_EQ(FirstKept(), last + 1);
}

TEST_F(Retention, NewestSegmentStaysEvenWhenAllIsFlushed) {
  Write();
  rig_.wal->NoteFlushed(1'000'000);
  FirstKept();
  EXPECT_EQ(rig_.wal->Segments().size(), 1u);
  ASSERT_TRUE(rig_.Open().ok());
  EXPECT_EQ(*rig_.Write(1), kEach + 3u);
}

TEST_F(Retention, SlowTriggerHoldsSegments) {
  ASSERT_TRUE(Await(rig_.wal->Append(TriggerState{.trigger = kTrigger})).ok());
  Write();
  rig_.wal->NoteFlushed(1'000'000);
  EXPECT_EQ(FirstKept(), 1u);
  const Sequence second = rig_.wal->Segments()[1].last;
  ASSERT_TRUE(
      Await(rig_.wal->Append(RunCommit{.trigger = kTrigger, .consumed = {1, second}})).ok());
  EXPECT_EQ(FirstKept(), second + 1);
}

TEST_F(Retention, DeletedTriggerHoldsNothing) {
  ASSERT_TRUE(Await(rig_.wal->Append(TriggerState{.trigger = kTrigger})).ok());
  Write();
  rig_.wal->NoteFlushed(1'000'000);
  ASSERT_TRUE(Await(rig_.wal->Append(TriggerGone{.trigger = kTrigger})).ok());
  FirstKept();
  EXPECT_EQ(rig_.wal->Segments().size(), 1u);
}

// A restart finds the trigger where the log says, so what it has caught up with without a record
// must stay until the log says that.
TEST_F(Retention, CaughtUpTriggerHoldsSegmentsUntilTheNextStateRecord) {
  ASSERT_TRUE(Await(rig_.wal->Append(TriggerState{.trigger = kTrigger})).ok());
  Write();
  rig_.wal->NoteFlushed(1'000'000);
  rig_.wal->NoteCaughtUp(kTrigger, rig_.wal->durable());
  EXPECT_EQ(rig_.wal->trigger_state(kTrigger)->low_water, rig_.wal->durable());
  EXPECT_EQ(FirstKept(), 1u);
  const Sequence noted = rig_.wal->durable() - 2;
  Write();
  EXPECT_GT(FirstKept(), noted - kEach);
  EXPECT_GT(FirstKept(), 1u);
  EXPECT_LE(FirstKept(), noted + 1);
}

TEST_F(Retention, CommitAfterCatchingUpCountsTheSameAfterARestart) {
  ASSERT_TRUE(Await(rig_.wal->Append(TriggerState{.trigger = kTrigger})).ok());
  Write(10);
  rig_.wal->NoteCaughtUp(kTrigger, 8);
  ASSERT_TRUE(Await(rig_.wal->Append(RunCommit{.trigger = kTrigger, .consumed = {9, 11}})).ok());
  EXPECT_EQ(rig_.wal->trigger_state(kTrigger)->low_water, 11u);
  ASSERT_TRUE(rig_.Open().ok());
  EXPECT_EQ(rig_.wal->trigger_state(kTrigger)->low_water, 11u);
}

TEST_F(Retention, WhateverGoesARestartFindsEveryTriggerItsNextRecord) {
  ASSERT_TRUE(Await(rig_.wal->Append(TriggerState{.trigger = kTrigger})).ok());
  RandomRecords random(3);
  for (int round = 0; round < 40; ++round) {
    Write(static_cast<std::int64_t>(1 + random.Below(20)));
    const Sequence durable = rig_.wal->durable();
    const Sequence low = rig_.wal->trigger_state(kTrigger)->low_water;
    switch (random.Below(4)) {
      case 0: rig_.wal->NoteCaughtUp(kTrigger, low + random.Below(durable - low + 1)); break;
      case 1:
        ASSERT_TRUE(
            Await(rig_.wal->Append(RunCommit{.trigger = kTrigger, .consumed = {low + 1, durable}}))
                .ok());
        break;
      default: rig_.wal->NoteFlushed(random.Below(durable + 1)); break;
    }
    if (random.Below(4) == 0) {
      ASSERT_TRUE(rig_.Open().ok());
      const auto state = rig_.wal->trigger_state(kTrigger);
      ASSERT_TRUE(state.has_value());
      EXPECT_TRUE(state->finished.empty());
      const auto next = rig_.wal->Read(state->low_water, 1);
      ASSERT_TRUE(next.ok()) << next.error().message;
      if (next->empty()) continue;
      EXPECT_EQ((*next)[0].sequence, state->low_water + 1);
    }
  }
}

TEST_F(Retention, ReadingWhatIsGoneSaysSo) {
  Write();
  rig_.wal->NoteFlushed(1'000'000);
  const Sequence first = FirstKept();
  rig_.options.tail_bytes_max = 1;
  ASSERT_TRUE(rig_.Open().ok());
  EXPECT_EQ(rig_.wal->Read(first - 2, 1000).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(rig_.wal->Read(first - 1, 1000).ok());
}

TEST_F(Retention, StateOutlivesTheSegmentsItWasIn) {
  const TriggerState state{.trigger = kTrigger,
                           .low_water = 1'000'000,
                           .finished = {},
                           .under_way = {},
                           .last_tick = Timestamp(77),
                           .durable_cache = "kept"};
  ASSERT_TRUE(Await(rig_.wal->Append(state)).ok());
  ASSERT_TRUE(
      Await(rig_.wal->Append(TriggerState{.trigger = TriggerId(5), .low_water = 10'000})).ok());
  rig_.wal->NoteFlushed(1'000'000);
  Write(100);
  EXPECT_GT(FirstKept(), 20u);
  ASSERT_TRUE(rig_.Open().ok());
  ASSERT_EQ(rig_.wal->replayed().triggers.size(), 2u);
  EXPECT_TRUE(rig_.wal->replayed().triggers[0] == state);
}

}  // namespace
}  // namespace tidemill::wal
