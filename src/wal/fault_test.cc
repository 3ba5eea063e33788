// What the log promises when the disk, the power or the process fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "wal/test_rig.h"

namespace tidemill::wal {
namespace {

using testing::Fault;
using testing::FaultCall;
using ::testing::HasSubstr;

// One process's life: what it was told about each value.
struct Told {
  std::map<std::int64_t, Sequence> acknowledged;
  std::set<std::int64_t> unknown;  // sent, but neither acknowledged nor refused
  std::set<std::int64_t> refused;  // promised not to be stored
};

// Writes values from `first` on in bursts, until `count` are sent or nothing is taken any more.
void WriteBursts(Rig& rig, RandomRecords& random, std::int64_t first, std::int64_t count,
                 Told& told) {
  for (std::int64_t value = first; value < first + count;) {
    std::vector<std::pair<std::int64_t, Ticket>> burst;
    for (std::uint64_t i = 1 + random.Below(4); i > 0 && value < first + count; --i, ++value) {
      burst.emplace_back(value, rig.wal->Append(MakeRows(value)));
    }
    for (auto& [sent, ticket] : burst) {
      const auto outcome = Await(ticket);
      if (outcome.ok()) {
        told.acknowledged[sent] = *outcome;
      } else if (outcome.error().code == ErrorCode::kOutcomeUnknown) {
        told.unknown.insert(sent);
      } else {
        told.refused.insert(sent);
      }
    }
  }
}

// Everything acknowledged is there, in order and once; nothing that was refused is there.
void ExpectKept(const std::vector<std::int64_t>& values, const Told& told) {
  EXPECT_TRUE(std::ranges::is_sorted(values));
  const std::set<std::int64_t> found(values.begin(), values.end());
  EXPECT_EQ(found.size(), values.size()) << "a record twice";
  for (const auto& [value, sequence] : told.acknowledged) {
    ASSERT_TRUE(found.contains(value)) << "acknowledged record " << value << " is lost";
  }
  for (const std::int64_t value : found) {
    ASSERT_FALSE(told.refused.contains(value)) << "refused record " << value << " is there";
  }
}

// What is flushed may be gone from the log: everything before its first segment.
void ForgetFlushed(const Rig& rig, Told& told) {
  const Sequence first = rig.wal->Segments().front().first;
  std::erase_if(told.acknowledged, [&](const auto& entry) { return entry.second < first; });
}

// Dies at every call in turn, while it opens, writes, begins segments and deletes them; then the
// power goes too. A second life goes on, and a third must find what both were told.
TEST(PowerCut, LosesNothingAcknowledgedAtAnyCall) {
  constexpr std::uint64_t kCutsPerCall = 4;
  for (std::uint64_t call = 1;; ++call) {
    bool is_dead = false;
    for (std::uint64_t cut = 0; cut < kCutsPerCall; ++cut) {
      SCOPED_TRACE(::testing::Message() << "call " << call << ", seed " << call * 100 + cut);
      Rig rig;
      rig.options.segment_bytes = 1000;
      rig.options.reserve_bytes = 0;
      RandomRecords random(call * 100 + cut);
      Told told;
      rig.fs.DieAtCall(call);
      if (rig.Open().ok()) {
        WriteBursts(rig, random, 1, 60, told);
        rig.wal->NoteFlushed(rig.wal->durable() - 2);  // several segments may go at once
        WriteBursts(rig, random, 61, 10, told);
        rig.Close();
      }
      is_dead = rig.fs.is_dead();
      // A process that dies says nothing any more: what it would have said to a failed call never
      // reached anybody.
      if (is_dead) told.unknown.merge(told.refused);
      told.refused.clear();
      rig.fs.PowerCut(call * 100 + cut);

      const Status reopened = rig.Open();
      ASSERT_TRUE(reopened.ok()) << reopened.error().message;
      ForgetFlushed(rig, told);
      ExpectKept(rig.values, told);
      // What was unknown is known by now: shown once, it stays.
      told.acknowledged.insert(rig.sequence_of.begin(), rig.sequence_of.end());
      WriteBursts(rig, random, 1000, 3, told);
      rig.Close();
      rig.fs.PowerCut(cut);

      ASSERT_TRUE(rig.Open().ok());
      ForgetFlushed(rig, told);
      ExpectKept(rig.values, told);
      if (::testing::Test::HasFatalFailure()) return;
    }
    if (!is_dead) {
      EXPECT_GT(call, 90u) << "the script must take more calls than that";
      return;
    }
  }
}

// The process ends between write and sync, and starts again on what only memory holds: once it has
// shown that to anybody, the power may go.
TEST(PowerCut, LosesNothingThatARestartHasShown) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  rig.WriteAll(1, 3);
  rig.fs.FailCall(1, Fault::kIo, FaultCall::kSyncData);
  EXPECT_EQ(rig.Write(4).error().code, ErrorCode::kOutcomeUnknown);
  rig.Close();
  rig.fs.Restart();
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, Count(1, 4));
  rig.WriteAll(5, 1);
  rig.fs.PowerCutLosingAll();
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, Count(1, 5));
}

// Every call fails once, in every way; then the same disk is opened again.
TEST(Faults, EachFailedCallIsToldToTheCallerAndLosesNothing) {
  for (const Fault fault : {Fault::kIo, Fault::kNoSpace, Fault::kShortWrite}) {
    for (std::uint64_t call = 1;; ++call) {
      SCOPED_TRACE(::testing::Message() << "fault " << static_cast<int>(fault) << " call " << call);
      Rig rig;
      rig.options.segment_bytes = 1500;
      RandomRecords random(call);
      Told told;
      rig.fs.FailCall(call, fault);
      if (rig.Open().ok()) {
        WriteBursts(rig, random, 1, 60, told);
        rig.wal->NoteFlushed(5);
        WriteBursts(rig, random, 61, 5, told);
        rig.clock.Advance(std::chrono::minutes(1));
        WriteBursts(rig, random, 66, 5, told);
        rig.Close();
      }
      const bool was_hit = rig.fs.faults_hit() > 0;
      rig.fs.ClearFaults();
      rig.fs.Restart();
      const Status reopened = rig.Open();
      ASSERT_TRUE(reopened.ok()) << reopened.error().message;
      EXPECT_LE(rig.wal->Segments().front().first, 6u);
      ForgetFlushed(rig, told);
      ExpectKept(rig.values, told);
      if (::testing::Test::HasFatalFailure()) return;
      EXPECT_TRUE(rig.Write(2000).ok());
      if (!was_hit) {
        EXPECT_GT(call, 60u);
        break;
      }
    }
  }
}

TEST(FullDisk, RefusesAndStoresNothingThenResumesByItself) {
  Rig rig;
  rig.options.segment_bytes = 2000;
  ASSERT_TRUE(rig.Open().ok());
  const std::uint64_t used = rig.fs.used_bytes();
  rig.fs.SetCapacity(used + 100);  // no room for a second segment
  std::int64_t value = 1;
  auto outcome = rig.Write(value);
  for (; outcome.ok(); outcome = rig.Write(value)) ++value;
  EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(outcome.error().message, HasSubstr("disk full"));
  EXPECT_THAT(outcome.error().message, HasSubstr("nothing was stored"));
  EXPECT_THAT(rig.wal->Health(), HasSubstr("disk full"));
  EXPECT_LT(rig.fs.used_bytes(), used) << "the reserve is given up";
  EXPECT_EQ(rig.wal->Read(0, 1 << 20)->size(), static_cast<std::size_t>(value - 1));

  // Later, still full.
  rig.clock.Advance(std::chrono::seconds(2));
  EXPECT_EQ(rig.Write(value).error().code, ErrorCode::kUnavailable);
  // There is room, but it is not looked at on every write.
  rig.fs.SetCapacity(used + 100'000);
  EXPECT_EQ(rig.Write(value).error().code, ErrorCode::kUnavailable);
  rig.clock.Advance(std::chrono::seconds(2));
  EXPECT_TRUE(rig.Write(value).ok());
  EXPECT_EQ(rig.wal->Health(), "ok");
  EXPECT_GT(rig.fs.used_bytes(), used) << "the reserve is held again";

  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, Count(1, value));
}

TEST(FullDisk, WriteThatFailsHalfWayIsTakenBack) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  rig.WriteAll(1, 2);
  rig.fs.FailCall(1, Fault::kShortWrite, FaultCall::kWrite);
  EXPECT_EQ(rig.Write(3).error().code, ErrorCode::kUnavailable);
  rig.clock.Advance(std::chrono::seconds(2));
  rig.WriteAll(4, 2);
  rig.fs.PowerCutLosingAll();
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, (std::vector<std::int64_t>{1, 2, 4, 5}));
}

TEST(FullDisk, WhatCannotBeTakenBackIsUnknown) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  rig.fs.FailCall(1, Fault::kShortWrite, FaultCall::kWrite);
  rig.fs.FailCall(1, Fault::kIo, FaultCall::kTruncate);
  EXPECT_EQ(rig.Write(1).error().code, ErrorCode::kOutcomeUnknown);
  rig.clock.Advance(std::chrono::seconds(60));
  EXPECT_EQ(rig.Write(2).error().code, ErrorCode::kUnavailable);
}

TEST(FullDisk, ServerStartsAndReads) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  rig.WriteAll(1, 3);
  rig.Close();
  rig.fs.SetCapacity(rig.fs.used_bytes());
  rig.options.segment_bytes = 1 << 20;
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, Count(1, 3));
  EXPECT_THAT(rig.wal->Health(), HasSubstr("disk full"));
  EXPECT_EQ(rig.Write(4).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(rig.ReadSequences(0, 1 << 20), Sequences(1, 3));
  rig.fs.SetCapacity(10 << 20);
  rig.clock.Advance(std::chrono::seconds(2));
  EXPECT_TRUE(rig.Write(4).ok());
}

// The disk is full of log, and then of log that is flushed: letting go of that is all the room it
// takes, in the same process and after a restart.
TEST(FullDisk, WhatIsDoneMakesRoom) {
  for (const bool with_restart : {false, true}) {
    Rig rig;
    rig.options.segment_bytes = 1000;
    ASSERT_TRUE(rig.Open().ok());
    rig.WriteAll(1, 30);
    ASSERT_GT(rig.wal->Segments().size(), 3u);
    rig.fs.SetCapacity(rig.fs.used_bytes());
    std::int64_t value = 31;
    while (rig.Write(value).ok()) ++value;
    if (with_restart) {
      rig.options.reserve_bytes = 0;
      rig.fs.SetCapacity(rig.fs.used_bytes());
      ASSERT_TRUE(rig.Open().ok());
      EXPECT_THAT(rig.wal->Health(), HasSubstr("disk full"));
    }
    rig.wal->NoteFlushed(rig.wal->durable());
    rig.clock.Advance(std::chrono::seconds(2));
    EXPECT_TRUE(rig.Write(value).ok());
    EXPECT_EQ(rig.wal->Health(), "ok");
  }
}

TEST(FullDisk, TooSmallForTheReserveIsNoReasonToRefuse) {
  Rig rig;
  rig.fs.SetCapacity(rig.options.segment_bytes * 2);
  rig.options.reserve_bytes = 1 << 30;
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_TRUE(rig.Write(1).ok());
}

TEST(FullDisk, BarrierTellsThatWhatWasBeforeIsNotStored) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  rig.WriteAll(1, 1);
  rig.fs.HoldSyncs();
  const Ticket first = rig.wal->Append(MakeRows(2));
  rig.fs.AwaitHeldSync();
  rig.fs.FailCall(1, Fault::kNoSpace, FaultCall::kWrite);
  const Ticket second = rig.wal->Append(MakeRows(3));
  const Ticket barrier = rig.wal->Barrier();
  rig.fs.ReleaseSyncs();
  EXPECT_TRUE(Await(first).ok());
  EXPECT_EQ(Await(second).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Await(barrier).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(*Await(rig.wal->Barrier()), 2u) << "nothing is undecided any more";
}

TEST(FailedSync, StopsWritesUntilRestartAndIsNeverRepeated) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  rig.WriteAll(1, 2);
  rig.fs.FailCall(1, Fault::kIo, FaultCall::kSyncData);
  const auto failed = rig.Write(3);
  EXPECT_EQ(failed.error().code, ErrorCode::kOutcomeUnknown);
  const std::uint64_t syncs = rig.fs.data_syncs();
  for (int i = 0; i < 3; ++i) {
    rig.clock.Advance(std::chrono::seconds(10));
    const auto later = rig.Write(4);
    EXPECT_EQ(later.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(later.error().message, HasSubstr("nothing was stored"));
  }
  EXPECT_THAT(rig.wal->Health(), HasSubstr("the WAL has failed: sync"));
  EXPECT_EQ(rig.wal->durable(), 2u);
  EXPECT_EQ(rig.listener.sequences(), Sequences(1, 2));
  EXPECT_EQ(rig.ReadSequences(0, 1 << 20), Sequences(1, 2)) << "reads go on";
  rig.wal->Stop();
  EXPECT_EQ(rig.fs.data_syncs(), syncs) << "nothing is synced after a failed sync";
  rig.Close();
  rig.fs.PowerCutLosingAll();
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, Count(1, 2));
  EXPECT_TRUE(rig.Write(5).ok());
}

TEST(FailedSync, GroupThatWaitedBehindItWasNotStored) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  rig.fs.HoldSyncs();
  const Ticket first = rig.wal->Append(MakeRows(1));
  rig.fs.AwaitHeldSync();
  rig.fs.FailCall(1, Fault::kIo, FaultCall::kSyncData);
  const Ticket second = rig.wal->Append(MakeRows(2));
  rig.fs.ReleaseSyncs();
  EXPECT_EQ(Await(first).error().code, ErrorCode::kOutcomeUnknown);
  EXPECT_EQ(Await(second).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tidemill::wal
