#include "wal/records.h"

#include <gtest/gtest.h>

#include <string>

#include "wal/test_support.h"

namespace tidemill::wal {
namespace {

std::string Encode(const Record& record) {
  std::string bytes;
  EncodeRecord(record, bytes);
  return bytes;
}

void ExpectSame(const columnar::RowBlock& a, const columnar::RowBlock& b) {
  EXPECT_EQ(a.series_codes, b.series_codes);
  EXPECT_EQ(a.series_count, b.series_count);
  EXPECT_EQ(a.row_series, b.row_series);
  EXPECT_EQ(a.times, b.times);
  ASSERT_EQ(a.tags.size(), b.tags.size());
  for (std::size_t i = 0; i < a.tags.size(); ++i) {
    EXPECT_EQ(a.tags[i].column, b.tags[i].column);
    EXPECT_EQ(a.tags[i].values, b.tags[i].values);
  }
  ASSERT_EQ(a.fields.size(), b.fields.size());
  for (std::size_t i = 0; i < a.fields.size(); ++i) {
    EXPECT_EQ(a.fields[i].column, b.fields[i].column);
    EXPECT_EQ(a.fields[i].type, b.fields[i].type);
    EXPECT_EQ(a.fields[i].valid, b.fields[i].valid);
    EXPECT_EQ(a.fields[i].words, b.fields[i].words);
    EXPECT_EQ(a.fields[i].strings, b.fields[i].strings);
  }
}

void ExpectSame(const RowsRecord& a, const RowsRecord& b) {
  EXPECT_EQ(a.database, b.database);
  EXPECT_EQ(a.catalog_sequence, b.catalog_sequence);
  EXPECT_EQ(a.origin, b.origin);
  EXPECT_EQ(a.depth, b.depth);
  EXPECT_EQ(a.received, b.received);
  ASSERT_EQ(a.tables.size(), b.tables.size());
  for (std::size_t i = 0; i < a.tables.size(); ++i) {
    EXPECT_EQ(a.tables[i].table, b.tables[i].table);
    ExpectSame(*a.tables[i].rows, *b.tables[i].rows);
  }
}
void ExpectSame(const RunCommit& a, const RunCommit& b) {
  EXPECT_EQ(a.trigger, b.trigger);
  EXPECT_EQ(a.consumed, b.consumed);
  EXPECT_EQ(a.tick, b.tick);
  EXPECT_EQ(a.cache_changes, b.cache_changes);
  EXPECT_EQ(a.dead_letter, b.dead_letter);
  ASSERT_EQ(a.outputs.size(), b.outputs.size());
  for (std::size_t i = 0; i < a.outputs.size(); ++i) ExpectSame(a.outputs[i], b.outputs[i]);
}
void ExpectSame(const RunStarted& a, const RunStarted& b) {
  EXPECT_EQ(a.trigger, b.trigger);
  EXPECT_EQ(a.range, b.range);
  EXPECT_EQ(a.attempt, b.attempt);
}
void ExpectSame(const TriggerState& a, const TriggerState& b) { EXPECT_TRUE(a == b); }
void ExpectSame(const TriggerGone& a, const TriggerGone& b) { EXPECT_EQ(a.trigger, b.trigger); }
void ExpectSame(const SegmentState& a, const SegmentState& b) {
  EXPECT_EQ(a.next_sequence, b.next_sequence);
  EXPECT_EQ(a.flushed, b.flushed);
  EXPECT_TRUE(a.triggers == b.triggers);
  ASSERT_EQ(a.tables.size(), b.tables.size());
  for (std::size_t i = 0; i < a.tables.size(); ++i) {
    EXPECT_EQ(a.tables[i].table, b.tables[i].table);
    EXPECT_EQ(a.tables[i].flushed, b.tables[i].flushed);
  }
}
void ExpectSame(const CarriedRows& a, const CarriedRows& b) {
  EXPECT_EQ(a.original, b.original);
  ExpectSame(a.rows, b.rows);
}

void ExpectRoundTrip(const Record& record) {
  const auto decoded = DecodeRecord(Encode(record));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  ASSERT_EQ((*decoded)->index(), record.index());
  std::visit(
      [&](const auto& expected) {
        ExpectSame(std::get<std::decay_t<decltype(expected)>>(**decoded), expected);
      },
      record);
}

TEST(Records, EveryKindComesBackAsItWas) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE(seed);
    ExpectRoundTrip(RandomRecords(seed).Any());
  }
}

TEST(Records, LargeRowsComeBackAsTheyWere) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    ExpectRoundTrip(RandomRecords(seed).Rows(3000));
  }
}

// Rows as a collector sends them: one series, a step of time, slowly moving values.
RowsRecord RegularRows(std::int64_t rows) {
  RowsRecord record = MakeRows(0);
  auto block = std::make_shared<columnar::RowBlock>(*record.tables[0].rows);
  block->row_series.assign(static_cast<std::size_t>(rows), 0);
  block->times.clear();
  block->fields[0].words.clear();
  for (std::int64_t i = 0; i < rows; ++i) {
    block->times.push_back(1'700'000'000'000'000'000 + i * 1'000'000'000);
    block->fields[0].words.push_back(static_cast<std::uint64_t>(i / 100));
  }
  record.tables[0].rows = std::move(block);
  return record;
}

TEST(Records, AreCompressedAboveFourKibibytesOnly) {
  EXPECT_EQ(Encode(RegularRows(50))[1], 0);
  const std::string large = Encode(RegularRows(5000));
  EXPECT_EQ(large[1], 1);
  EXPECT_LT(large.size(), 5000u);
  ExpectRoundTrip(RegularRows(5000));
}

TEST(Records, AreNotCompressedWhenThatDoesNotHelp) {
  TriggerState state;
  testing::SeededRandom random;
  for (int i = 0; i < 10'000; ++i) {
    state.durable_cache.push_back(static_cast<char>(random.Next()));
  }
  EXPECT_EQ(Encode(state)[1], 0);
  ExpectRoundTrip(state);
}

TEST(Records, SizeBeforeCompressionIsReported) {
  std::string bytes;
  EXPECT_GT(EncodeRecord(RegularRows(5000), bytes), bytes.size());
}

TEST(Records, EveryCutIsRefused) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    const std::string bytes = Encode(RandomRecords(seed).Any());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto decoded = DecodeRecord(std::string_view(bytes).substr(0, size));
      ASSERT_FALSE(decoded.ok()) << size;
      EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
    }
    EXPECT_FALSE(DecodeRecord(bytes + '\0').ok()) << "a byte too many";
  }
}

TEST(Records, DamagedBytesNeverGiveInconsistentRows) {
  RandomRecords random(4);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = Encode(random.Any());
    for (std::uint64_t i = 1 + random.Below(3); i > 0; --i) {
      bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
    }
    const auto decoded = DecodeRecord(bytes);
    if (!decoded.ok()) continue;
    if (const auto* rows = std::get_if<RowsRecord>(&**decoded)) {
      for (const TableRows& table : rows->tables) EXPECT_TRUE(columnar::IsConsistent(*table.rows));
    }
    Encode(**decoded);  // may be written again
  }
}

TEST(Records, AskingForMoreThanTheBytesCouldHoldIsRefused) {
  // A rows record whose one block claims 2^40 rows.
  std::string bytes = {1, 0, 1, 0, 0, 0};
  bytes.append(8, '\0');  // received
  bytes += {1, 1};        // one table, id 1
  bytes += {'\x80', '\x80', '\x80', '\x80', '\x80', '\x20'};
  bytes.append(20, '\0');
  EXPECT_FALSE(DecodeRecord(bytes).ok());
  // A compressed body that claims 2^60 bytes.
  EXPECT_FALSE(DecodeRecord(std::string{1, 1, '\x80', '\x80', '\x80', '\x80', '\x80', '\x80',
                                        '\x80', '\x80', 16, 'x'})
                   .ok());
}

TEST(Records, UnknownKindAndFlagsAreRefused) {
  EXPECT_FALSE(DecodeRecord(std::string{0, 0, 0}).ok());
  EXPECT_FALSE(DecodeRecord(std::string{8, 0, 0}).ok());
  EXPECT_FALSE(DecodeRecord(std::string{5, 2, 0}).ok());
  EXPECT_TRUE(DecodeRecord(std::string{5, 0, 0}).ok());
}

}  // namespace
}  // namespace tidemill::wal
