#include "wal/wal.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "wal/test_rig.h"

namespace tidemill::wal {
namespace {

TEST(Wal, AcknowledgedRecordsAreReplayedInOrder) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  rig.WriteAll(1, 100);
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, Count(1, 100));
  EXPECT_EQ(rig.wal->replayed().last, 100u);
  EXPECT_EQ(rig.wal->replayed().records, 100u);
  EXPECT_EQ(rig.wal->durable(), 100u);
  EXPECT_EQ(*rig.Write(101), 101u);
}

TEST(Wal, SequenceIsGivenAtOnce) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  rig.fs.HoldSyncs();
  Sequence first = 0;
  Sequence second = 0;
  const Ticket a = rig.wal->Append(MakeRows(1), &first);
  const Ticket b = rig.wal->Append(MakeRows(2), &second);
  EXPECT_EQ(first, 1u);
  EXPECT_EQ(second, 2u);
  rig.fs.ReleaseSyncs();
  EXPECT_EQ(*Await(b), 2u);
  EXPECT_TRUE(a.done());
}

TEST(Wal, NothingIsVisibleBeforeItIsSynced) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  rig.fs.HoldSyncs();
  const Ticket ticket = rig.wal->Append(MakeRows(1));
  rig.fs.AwaitHeldSync();
  EXPECT_FALSE(ticket.done());
  EXPECT_TRUE(rig.listener.sequences().empty());
  EXPECT_EQ(rig.wal->durable(), 0u);
  EXPECT_TRUE(rig.ReadSequences(0, 1000).empty());
  rig.fs.ReleaseSyncs();
  EXPECT_TRUE(Await(ticket).ok());
  EXPECT_EQ(rig.listener.sequences(), Sequences(1, 1));
}

TEST(Wal, RecordsThatWaitForASyncShareTheNextOne) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  rig.fs.HoldSyncs();
  std::vector<Ticket> tickets = {rig.wal->Append(MakeRows(1))};
  rig.fs.AwaitHeldSync();
  for (int i = 2; i <= 50; ++i) tickets.push_back(rig.wal->Append(MakeRows(i)));
  const std::uint64_t before = rig.fs.data_syncs();
  rig.fs.ReleaseSyncs();
  for (const Ticket& ticket : tickets) EXPECT_TRUE(Await(ticket).ok());
  EXPECT_EQ(rig.fs.data_syncs() - before, 2u);
}

// At the ticket every listener has the group; at the second listener the log shows it.
TEST(Wal, RowsComeBeforeTheLogAndTheLogBeforeTriggersAndAllBeforeTheTicket) {
  class Storage final : public GroupListener {
   public:
    void OnCommitted(const GroupPtr& group) override {
      EXPECT_LT(wal->durable(), group->first);
      EXPECT_FALSE(ticket.done());
      seen = group->last;
    }
    Wal* wal = nullptr;
    Ticket ticket;
    std::atomic<Sequence> seen = 0;
  };
  class Engine final : public GroupListener {
   public:
    void OnCommitted(const GroupPtr& group) override {
      EXPECT_EQ(storage->seen, group->last);
      EXPECT_EQ(storage->wal->durable(), group->last);
      EXPECT_EQ(storage->wal->Read(group->first - 1, 1000)->size(), group->records.size());
      EXPECT_FALSE(storage->ticket.done());
      seen = group->last;
    }
    Storage* storage = nullptr;
    std::atomic<Sequence> seen = 0;
  };
  testing::FaultFileSystem fs;
  testing::ManualClock clock;
  testing::SeededRandom random;
  observe::Metrics metrics;
  auto wal = Wal::Open(fs, clock, random, metrics, {.directory = "/wal", .segment_bytes = 1 << 16},
                       [](const CommittedRecord&) { return Ok(); })
                 .value();
  Storage storage;
  Engine engine;
  storage.wal = wal.get();
  engine.storage = &storage;
  storage.ticket = wal->Append(MakeRows(1));
  wal->Start({&storage, &engine});
  EXPECT_TRUE(Await(storage.ticket).ok());
  EXPECT_EQ(engine.seen, 1u);
}

TEST(Wal, ManyWritersGetOneOrder) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  constexpr int kWriters = 8;
  constexpr int kEach = 50;
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&rig, writer] {
      Sequence last = 0;
      for (int i = 0; i < kEach; ++i) {
        const auto sequence = rig.Write(writer * 1000 + i);
        ASSERT_TRUE(sequence.ok());
        EXPECT_GT(*sequence, last);
        last = *sequence;
      }
    });
  }
  writers.clear();
  EXPECT_EQ(rig.listener.sequences(), Sequences(1, kWriters * kEach));
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values.size(), std::size_t{kWriters * kEach});
}

TEST(Wal, BarrierWaitsForWhatWasAppendedBefore) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(*Await(rig.wal->Barrier()), 0u);
  rig.fs.HoldSyncs();
  const Ticket first = rig.wal->Append(MakeRows(1));
  rig.fs.AwaitHeldSync();
  const Ticket barrier = rig.wal->Barrier();
  const Ticket second = rig.wal->Append(MakeRows(2));
  const Ticket last_barrier = rig.wal->Barrier();
  EXPECT_FALSE(barrier.done());
  rig.fs.ReleaseSyncs();
  EXPECT_GE(*Await(barrier), 1u);
  EXPECT_EQ(*Await(last_barrier), 2u);
}

TEST(Wal, FullOpenGroupRefusesAndStoresNothing) {
  Rig rig;
  rig.options.open_group_bytes_max = 200;
  ASSERT_TRUE(rig.Open().ok());
  rig.fs.HoldSyncs();
  std::vector<Ticket> accepted = {rig.wal->Append(MakeRows(1))};
  rig.fs.AwaitHeldSync();
  std::size_t refused = 0;
  for (int i = 2; i < 30; ++i) {
    Sequence sequence = 0;
    const Ticket ticket = rig.wal->Append(MakeRows(i), &sequence);
    if (sequence != 0) {
      accepted.push_back(ticket);
      continue;
    }
    ++refused;
    EXPECT_EQ(Await(ticket).error().code, ErrorCode::kUnavailable);
  }
  rig.fs.ReleaseSyncs();
  for (const Ticket& ticket : accepted) EXPECT_TRUE(Await(ticket).ok());
  EXPECT_GT(accepted.size(), 2u);
  EXPECT_GT(refused, 10u);
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values.size(), accepted.size());
}

TEST(Wal, OneRecordOverTheGroupLimitStillGoesThrough) {
  Rig rig;
  rig.options.open_group_bytes_max = 10;
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_TRUE(rig.Write(1).ok());
}

TEST(Wal, GroupLargerThanASegmentGetsALargerSegment) {
  Rig rig;
  rig.options.segment_bytes = 1024;
  ASSERT_TRUE(rig.Open().ok());
  TriggerState state{.trigger = TriggerId(1)};
  testing::SeededRandom random;
  for (int i = 0; i < 5000; ++i) state.durable_cache.push_back(static_cast<char>(random.Next()));
  ASSERT_TRUE(Await(rig.wal->Append(state)).ok());
  rig.WriteAll(1, 3);
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, Count(1, 3));
  EXPECT_EQ(rig.wal->trigger_state(TriggerId(1))->durable_cache, state.durable_cache);
}

TEST(Wal, ReadersThatKeepUpReadMemoryAndLaggardsReadFiles) {
  for (const std::size_t tail_bytes_max : {std::size_t{1} << 20, std::size_t{1000}}) {
    SCOPED_TRACE(tail_bytes_max);
    Rig rig;
    rig.options.tail_bytes_max = tail_bytes_max;
    rig.options.segment_bytes = 2000;
    ASSERT_TRUE(rig.Open().ok());
    rig.WriteAll(1, 200);
    EXPECT_GT(rig.wal->Segments().size(), 5u);
    for (Sequence after = 0; after <= 200; ++after) {
      EXPECT_EQ(rig.ReadSequences(after, 1 << 20), Sequences(after + 1, 200)) << after;
      const auto one = rig.ReadSequences(after, 1);
      EXPECT_EQ(one, after < 200 ? Sequences(after + 1, after + 1) : Sequences(1, 0)) << after;
    }
    // In steps, across segments, nothing twice and nothing left out.
    std::vector<Sequence> all;
    while (all.size() < 200) {
      const auto some = rig.ReadSequences(all.empty() ? 0 : all.back(), 700);
      ASSERT_FALSE(some.empty());
      ASSERT_LT(some.size(), 50u);
      all.insert(all.end(), some.begin(), some.end());
    }
    EXPECT_EQ(all, Sequences(1, 200));
  }
}

TEST(Wal, LaggardsReadGroupsOfManyRecordsInSteps) {
  Rig rig;
  rig.options.tail_bytes_max = 1;
  ASSERT_TRUE(rig.Open().ok());
  rig.fs.HoldSyncs();
  std::vector<Ticket> tickets;
  for (int i = 1; i <= 100; ++i) tickets.push_back(rig.wal->Append(MakeRows(i)));
  rig.fs.ReleaseSyncs();
  for (const Ticket& ticket : tickets) ASSERT_TRUE(Await(ticket).ok());
  rig.WriteAll(101, 2);
  EXPECT_EQ(rig.ReadSequences(0, 1 << 20), Sequences(1, 102));
  EXPECT_EQ(rig.ReadSequences(40, 1), Sequences(41, 41));
  EXPECT_EQ(rig.ReadSequences(99, 1 << 20), Sequences(100, 102));
}

TEST(Wal, RecordsOfEarlierRunsAreReadFromFiles) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  rig.WriteAll(1, 20);
  ASSERT_TRUE(rig.Open().ok());
  rig.WriteAll(21, 5);
  EXPECT_EQ(rig.ReadSequences(7, 1 << 20), Sequences(8, 25));
  EXPECT_EQ(rig.ReadSequences(20, 1 << 20), Sequences(21, 25));
}

TEST(Wal, SecondServerOnTheDirectoryIsRefused) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  testing::SeededRandom random;
  observe::Metrics metrics;
  const auto second = Wal::Open(rig.fs, rig.clock, random, metrics, rig.options,
                                [](const CommittedRecord&) { return Ok(); });
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  rig.Close();
  EXPECT_TRUE(rig.Open().ok());
}

TEST(Wal, StopCommitsTheOpenGroupAndRefusesWhatComesLater) {
  Rig rig;
  ASSERT_TRUE(rig.Open().ok());
  const Ticket ticket = rig.wal->Append(MakeRows(1));
  rig.wal->Stop();
  rig.wal->Stop();
  EXPECT_TRUE(Await(ticket).ok());
  Sequence sequence = 9;
  const auto late = Await(rig.wal->Append(MakeRows(2), &sequence));
  EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(sequence, 0u);
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, Count(1, 1));
}

TEST(Wal, RecordsAppendedBeforeTheStartAreCommittedByIt) {
  testing::FaultFileSystem fs;
  testing::ManualClock clock;
  testing::SeededRandom random;
  observe::Metrics metrics;
  const auto nothing = [](const CommittedRecord&) { return Ok(); };
  auto wal = Wal::Open(fs, clock, random, metrics, {.directory = "/wal"}, nothing).value();
  const Ticket ticket = wal->Append(MakeRows(1));
  EXPECT_FALSE(ticket.done());
  wal->Start({});
  EXPECT_EQ(*Await(ticket), 1u);
}

TEST(Wal, WithoutAStartTicketsFailAtTheStop) {
  testing::FaultFileSystem fs;
  testing::ManualClock clock;
  testing::SeededRandom random;
  observe::Metrics metrics;
  auto wal =
      Wal::Open(fs, clock, random, metrics, {.directory = "/wal"}, [](const CommittedRecord&) {
        return Ok();
      }).value();
  const Ticket ticket = wal->Append(MakeRows(1));
  wal->Stop();
  EXPECT_EQ(Await(ticket).error().code, ErrorCode::kUnavailable);
}

TEST(Wal, MemoryModeKeepsOrderAndTailButNoFiles) {
  Rig rig;
  rig.options.directory = "";
  rig.options.tail_bytes_max = 1000;
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.fs.calls(), 0u);
  ASSERT_TRUE(Await(rig.wal->Append(TriggerState{.trigger = TriggerId(1)})).ok());
  rig.WriteAll(2, 99);
  EXPECT_EQ(rig.listener.sequences(), Sequences(1, 100));
  EXPECT_EQ(rig.wal->durable(), 100u);
  EXPECT_EQ(rig.ReadSequences(95, 1 << 20), Sequences(96, 100));
  EXPECT_EQ(rig.wal->Read(1, 1 << 20).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(rig.wal->trigger_state(TriggerId(1)).has_value());
  EXPECT_TRUE(rig.wal->Segments().empty());
  EXPECT_EQ(rig.wal->Health(), "ok");
  EXPECT_EQ(rig.fs.calls(), 0u);
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_TRUE(rig.values.empty());
}

TEST(Wal, MetricsCountGroupsAndRecords) {
  testing::FaultFileSystem fs;
  testing::ManualClock clock;
  testing::SeededRandom random;
  observe::Metrics metrics;
  auto wal =
      Wal::Open(fs, clock, random, metrics, {.directory = "/wal"}, [](const CommittedRecord&) {
        return Ok();
      }).value();
  for (int i = 0; i < 3; ++i) wal->Append(MakeRows(i));
  wal->Start({});
  ASSERT_TRUE(Await(wal->Barrier()).ok());
  wal->Stop();
  EXPECT_EQ(metrics.counter("tidemill_wal_groups_total", "").value(), 1u);
  EXPECT_EQ(metrics.counter("tidemill_wal_records_total", "").value(), 3u);
}

}  // namespace
}  // namespace tidemill::wal
