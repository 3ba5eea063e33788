#include "engine/delivery_state.h"

#include <gtest/gtest.h>

namespace tidemill::engine {
namespace {

using namespace std::chrono_literals;
using Step = DeliveryState::Next::Step;

constexpr PacingLimits kPacing{
    .batch_rows_max = 10, .interval_min = 100ms, .interval_max = 1s, .cores = 4};

Batch Looked(Sequence first, Sequence last, std::size_t rows, bool reached_end = true) {
  Batch batch;
  batch.range = {first, last};
  batch.rows = rows;
  batch.reached_end = reached_end;
  if (rows > 0) batch.call.tables.emplace_back();
  return batch;
}

// One that has looked at everything up to 5.
DeliveryState AtRest(std::size_t concurrency_max = 1) {
  DeliveryState state(kPacing, concurrency_max, {.again = {}, .taken = 5});
  EXPECT_EQ(state.Take(Looked(6, 5, 0), 1s), 5u);
  return state;
}

TEST(DeliveryState, LooksAtTheLogFirst) {
  const DeliveryState state(kPacing, 1, {.again = {}, .taken = 5});
  EXPECT_EQ(state.Decide(1s, 0).step, Step::kDeliver);
  EXPECT_EQ(AtRest().Decide(1s, 0).step, Step::kWait);
}

TEST(DeliveryState, WakesForTheFirstMatchAndForAFullBatchOnly) {
  DeliveryState state = AtRest();
  EXPECT_TRUE(state.NoteMatch({.sequence = 6, .rows = 1, .bytes = 1}));
  EXPECT_FALSE(state.NoteMatch({.sequence = 7, .rows = 8, .bytes = 1}));
  EXPECT_TRUE(state.NoteMatch({.sequence = 8, .rows = 1, .bytes = 1}));
  EXPECT_FALSE(state.NoteMatch({.sequence = 9, .rows = 1, .bytes = 1}));
}

TEST(DeliveryState, FollowsTheLogOnlyAtRest) {
  DeliveryState state = AtRest();
  EXPECT_EQ(state.FollowLog(9), 9u);
  EXPECT_EQ(state.FollowLog(9), std::nullopt);
  state.NoteMatch({.sequence = 12, .rows = 1, .bytes = 1});
  EXPECT_EQ(state.FollowLog(11), std::nullopt) << "something waits";
  EXPECT_EQ(state.Take(Looked(6, 12, 1), 1s), std::nullopt);
  EXPECT_EQ(state.FollowLog(20), std::nullopt) << "something runs";
  state.EndRun();
  EXPECT_EQ(state.FollowLog(20), 20u);
  EXPECT_EQ(state.taken(), 12u) << "the next range begins where the last ended";
}

TEST(DeliveryState, TakesNoMoreRunsThanAllowed) {
  DeliveryState state = AtRest(2);
  for (Sequence sequence = 6; sequence < 8; ++sequence) {
    state.NoteMatch({.sequence = sequence, .rows = 10, .bytes = 1});
    EXPECT_EQ(state.Decide(1s, 0).step, Step::kDeliver);
    state.Take(Looked(sequence, sequence, 10), 1s);
  }
  state.NoteMatch({.sequence = 8, .rows = 10, .bytes = 1});
  EXPECT_EQ(state.Decide(9s, 0).step, Step::kWait);
  state.EndRun();
  EXPECT_EQ(state.Decide(9s, 0).step, Step::kDeliver);
}

TEST(DeliveryState, PausesAndEnds) {
  DeliveryState state = AtRest();
  state.NoteMatch({.sequence = 6, .rows = 1, .bytes = 1});
  state.PauseUntil(5s);
  EXPECT_EQ(state.Decide(4s, 0).step, Step::kWait);
  EXPECT_EQ(state.Decide(4s, 0).until, 5s);
  EXPECT_EQ(state.Decide(5s, 0).step, Step::kDeliver);
  state.Take(Looked(6, 6, 1), 5s);
  state.Stop();
  EXPECT_EQ(state.Decide(5s, 0).step, Step::kWait) << "a run is under way";
  state.EndRun();
  EXPECT_EQ(state.Decide(5s, 0).step, Step::kEnd);
}

TEST(DeliveryState, AGapIsTakenUpToWhatTheLogStillHas) {
  DeliveryState state(kPacing, 1, {.again = {{TriggerId(1), {6, 9}, 2}}, .taken = 9});
  EXPECT_EQ(state.TakeGap(7), (wal::SequenceRange{6, 7}));
  ASSERT_NE(state.again(), nullptr);
  EXPECT_EQ(state.again()->range, (wal::SequenceRange{8, 9}));
  EXPECT_EQ(state.TakeGap(30), (wal::SequenceRange{8, 9}));
  EXPECT_EQ(state.again(), nullptr);
  EXPECT_EQ(state.TakeGap(30), (wal::SequenceRange{10, 30}));
  EXPECT_EQ(state.read_after(), 30u);
}

}  // namespace
}  // namespace tidemill::engine
