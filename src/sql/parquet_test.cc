// Files written by the internal engine and read by the user engine, alone and with the buffer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "columnar/value_batch.h"
#include "sql/test_engine.h"

namespace tidemill::sql {
namespace {

using columnar::ValueKind;
using model::DataType;
using test::EngineTest;
using test::Integers;
using test::kSecond;
using test::kStart;
using test::Strings;
using test::TableBuilder;
using test::TypeOf;
using ::testing::HasSubstr;

InternalEngine::BatchSource Batches(std::vector<columnar::ValueBatch> batches) {
  return [batches = std::move(batches),
          next = std::size_t{0}]() mutable -> Result<std::optional<columnar::ValueBatch>> {
    if (next == batches.size()) return std::optional<columnar::ValueBatch>();
    return std::optional(batches[next++]);
  };
}

class ParquetTest : public EngineTest {
 protected:
  ParquetTest() {
    auto opened = InternalEngine::Open(*store_, {});
    CHECK(opened.ok()) << opened.error().message;
    internal_ = std::move(opened).value();
  }

  // host (id 2), usage (id 3) and time, one row a minute from `first`.
  ParquetFile WriteFile(const std::string& object, std::int64_t first, std::size_t rows) {
    std::vector<std::string> hosts;
    std::vector<std::optional<std::int64_t>> cores;
    std::vector<std::optional<std::int64_t>> times;
    for (std::size_t i = 0; i < rows; ++i) {
      hosts.push_back(i % 2 == 0 ? "a" : "b");
      cores.push_back(i % 3 == 0 ? std::nullopt : std::optional<std::int64_t>(i));
      times.push_back(first + static_cast<std::int64_t>(i) * 60 * kSecond);
    }
    const columnar::ValueBatch batch{
        rows, {Strings(hosts), Integers(times, ValueKind::kTimestamp), Integers(cores)}};
    const auto written = internal_->WriteParquet(object,
                                                 {{{"host", TypeOf(ValueKind::kString)}, 2},
                                                  {{"time", TypeOf(ValueKind::kTimestamp)}, 1},
                                                  {{"cores", TypeOf(ValueKind::kInt64)}, 3}},
                                                 Batches({batch}));
    CHECK(written.ok()) << written.error().message;
    EXPECT_EQ(written->rows, rows);
    EXPECT_EQ(written->min_time.nanos(), first);
    return {object, written->bytes, written->rows, written->min_time, written->max_time};
  }

  TableBuilder Cpu() {
    TableBuilder cpu("cpu");
    cpu.Tag("host").Column("cores", DataType::kInt64).Column("extra", DataType::kString);
    return cpu;
  }

  std::unique_ptr<InternalEngine> internal_;
};

TEST_F(ParquetTest, FilesAreReadByFieldIdAndMissingColumnsAreNull) {
  const ParquetFile file = WriteFile("t/1.parquet", kStart, 4);
  EXPECT_GT(file.bytes, 100U);
  resolver_.Add(Cpu().File(file).Build());
  EXPECT_ROWS("SELECT * FROM cpu ORDER BY time", "NULL | NULL | a | 2026-01-02T03:04:05",
              "1 | NULL | b | 2026-01-02T03:05:05", "2 | NULL | a | 2026-01-02T03:06:05",
              "NULL | NULL | b | 2026-01-02T03:07:05");
  EXPECT_TRUE(columns_[2].type.is_tag);
  // The same file for a table whose column got another name keeps its data.
  TableBuilder renamed("cpu");
  renamed.Tag("machine").Column("n", DataType::kInt64);
  resolver_.Add(renamed.File(file).Build());
  EXPECT_ROWS("SELECT machine, n FROM cpu WHERE n = 1", "b | 1");
}

TEST_F(ParquetTest, AFileThatIsMissingFromAMergeEndsTheQueryAsAnyOtherDoes) {
  ParquetFile missing{"t/missing.parquet", 1, 1, Timestamp(kStart), Timestamp(kStart + 1)};
  resolver_.Add(Cpu().File(missing).Build());
  const auto alone = Run("SELECT * FROM cpu");
  ASSERT_FALSE(alone.ok());
  ParquetFile newer = WriteFile("t/1.parquet", kStart, 3);
  newer.may_overwrite = true;
  newer.overwrite_min = newer.min_time;
  newer.overwrite_max = newer.max_time;
  resolver_.Add(Cpu().File(missing).File(newer).Build());
  const auto merged = Run("SELECT count(cores) FROM cpu WHERE time <= '2026-01-02T03:04:05Z'");
  ASSERT_FALSE(merged.ok());
  EXPECT_EQ(merged.error().code, alone.error().code);
  EXPECT_EQ(merged.error().message, alone.error().message);
}

TEST_F(ParquetTest, FilesAndBufferAreOneTable) {
  resolver_.Add(Cpu()
                    .File(WriteFile("t/1.parquet", kStart, 3))
                    .File(WriteFile("t/2.parquet", kStart + 3600 * kSecond, 2))
                    .Chunk({{kStart + 7200 * kSecond,
                             {{"host", "c"}},
                             {{"cores", std::int64_t{64}}, {"extra", "new"}}}})
                    .Build());
  EXPECT_ROWS("SELECT count(*), count(extra), max(cores) FROM cpu", "6 | 1 | 64");
  EXPECT_ROWS("SELECT host, count(*) FROM cpu GROUP BY host ORDER BY host", "a | 3", "b | 2",
              "c | 1");
  EXPECT_ROWS("SELECT host, extra FROM cpu ORDER BY time DESC LIMIT 1", "c | new");
  EXPECT_TRUE(columns_[0].type.is_tag);
  EXPECT_ROWS("SELECT count(*) FROM cpu WHERE host = 'a' AND time > '2026-01-02T04:00:00Z'", "1");
}

TEST_F(ParquetTest, FilesOutsideTheTimeRangeAreNotOpened) {
  ParquetFile missing{"t/missing.parquet", 1, 1, Timestamp(kStart - 100), Timestamp(kStart - 1)};
  resolver_.Add(Cpu().File(missing).File(WriteFile("t/1.parquet", kStart, 3)).Build());
  EXPECT_ROWS("SELECT count(*) FROM cpu WHERE time >= '2026-01-02T03:04:05Z'", "3");
  EXPECT_ROWS(
      "SELECT host FROM cpu WHERE time BETWEEN '2026-01-02T03:04:05Z' AND now() AND host = 'b'",
      "b");
}

TEST_F(ParquetTest, NoFileMayBeLeft) {
  resolver_.Add(Cpu().File(WriteFile("t/1.parquet", kStart, 3)).Build());
  EXPECT_ROWS("SELECT count(*) FROM cpu WHERE time > '2027-01-01'", "0");
  EXPECT_EQ(Run("SELECT * FROM cpu WHERE time > '2027-01-01'").value().size(), 0U);
}

TEST_F(ParquetTest, RetentionCutsFilesRowByRow) {
  resolver_.Add(
      Cpu().File(WriteFile("t/1.parquet", kStart, 3)).Cutoff(kStart + 60 * kSecond).Build());
  EXPECT_ROWS("SELECT count(*), min(time) FROM cpu", "2 | 2026-01-02T03:05:05");
  resolver_.Add(Cpu()
                    .File(WriteFile("t/2.parquet", kStart, 3))
                    .Chunk({{kStart, {{"host", "c"}}, {}}, {kStart + 61 * kSecond, {}, {}}})
                    .Cutoff(kStart + 60 * kSecond)
                    .Build());
  EXPECT_ROWS("SELECT count(*), min(time) FROM cpu", "3 | 2026-01-02T03:05:05");
}

TEST_F(ParquetTest, AMissingFileIsNotTheUsersMistake) {
  resolver_.Add(Cpu().File({"t/gone.parquet", 1, 1, Timestamp(kStart), Timestamp(kStart)}).Build());
  ExpectError("SELECT * FROM cpu", ErrorCode::kIo, "t/gone.parquet");
  ASSERT_TRUE(store_->Put("t/bad.parquet", "PAR1 this is no Parquet file at all").ok());
  resolver_.Add(Cpu().File({"t/bad.parquet", 1, 1, Timestamp(kStart), Timestamp(kStart)}).Build());
  ExpectError("SELECT * FROM cpu", ErrorCode::kCorrupt, "t/bad.parquet");
}

TEST_F(ParquetTest, ManyBatchesKeepTheirOrder) {
  std::vector<columnar::ValueBatch> batches;
  std::int64_t next = 0;
  for (const std::size_t rows : {1UL, 5000UL, 0UL, 2048UL, 200'000UL, 3UL}) {
    std::vector<std::optional<std::int64_t>> times;
    for (std::size_t i = 0; i < rows; ++i) times.push_back(next++);
    batches.push_back({rows, {Integers(times, ValueKind::kTimestamp)}});
  }
  const auto written = internal_->WriteParquet(
      "t/long.parquet", {{{"time", TypeOf(ValueKind::kTimestamp)}, 1}}, Batches(batches));
  ASSERT_TRUE(written.ok()) << written.error().message;
  EXPECT_EQ(written->rows, static_cast<std::uint64_t>(next));
  EXPECT_EQ(written->max_time.nanos(), next - 1);
  resolver_.Add(TableBuilder("long")
                    .File({"t/long.parquet", written->bytes, written->rows, written->min_time,
                           written->max_time})
                    .Build());
  EXPECT_ROWS("SELECT count(*), count(DISTINCT time), max(time)::bigint FROM long",
              "207052 | 207052 | 207051");
  const auto rows = Run("SELECT time::bigint FROM long LIMIT 3");
  ASSERT_TRUE(rows.ok());
  EXPECT_THAT(*rows, ::testing::ElementsAre("0", "1", "2"));
}

// More than the engine has memory for, in rows that are large: a row group ends by bytes too.
TEST_F(ParquetTest, LargeRowsNeedNoMoreMemoryThanThereIs) {
  constexpr std::size_t kBatches = 40;
  constexpr std::size_t kRows = 2'000;
  constexpr std::size_t kTextBytes = 5'000;
  std::size_t given = 0;
  const InternalEngine::BatchSource source = [&]() -> Result<std::optional<columnar::ValueBatch>> {
    if (given == kBatches) return std::optional<columnar::ValueBatch>();
    std::vector<std::string> texts;
    std::vector<std::optional<std::int64_t>> times;
    for (std::size_t i = 0; i < kRows; ++i) {
      const std::size_t row = given * kRows + i;
      texts.push_back(std::to_string(row) + std::string(kTextBytes, 'x'));
      times.push_back(static_cast<std::int64_t>(row));
    }
    ++given;
    return std::optional(
        columnar::ValueBatch{kRows, {Strings(texts), Integers(times, ValueKind::kTimestamp)}});
  };
  const auto written = internal_->WriteParquet(
      "t/1.parquet",
      {{{"text", TypeOf(ValueKind::kString)}, 2}, {{"time", TypeOf(ValueKind::kTimestamp)}, 1}},
      source);
  ASSERT_TRUE(written.ok()) << written.error().message;
  EXPECT_EQ(written->rows, kBatches * kRows);
}

TEST_F(ParquetTest, AFailingSourceLeavesNoObject) {
  const auto written =
      internal_->WriteParquet("t/never.parquet", {{{"time", TypeOf(ValueKind::kTimestamp)}, 1}},
                              []() -> Result<std::optional<columnar::ValueBatch>> {
                                return CorruptError("run 7 is damaged");
                              });
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(written.error().message, "run 7 is damaged");
  EXPECT_FALSE(store_->Open("t/never.parquet").ok());
}

TEST_F(ParquetTest, ColumnsThatDifferInCaseOnlySurvive) {
  const columnar::ValueBatch batch{
      1, {Integers({1}), Integers({2}), Integers({kStart}, ValueKind::kTimestamp)}};
  const auto written = internal_->WriteParquet("t/case.parquet",
                                               {{{"Temp", TypeOf(ValueKind::kInt64)}, 2},
                                                {{"temp", TypeOf(ValueKind::kInt64)}, 3},
                                                {{"time", TypeOf(ValueKind::kTimestamp)}, 1}},
                                               Batches({batch}));
  ASSERT_TRUE(written.ok()) << written.error().message;
  TableBuilder room("room");
  room.Column("Temp", DataType::kInt64).Column("temp", DataType::kInt64);
  room.File({"t/case.parquet", written->bytes, 1, Timestamp(kStart), Timestamp(kStart)});
  resolver_.Add(room.Build());
  EXPECT_ROWS("SELECT \"Temp\", \"temp\" FROM room", "1 | 2");
}

TEST_F(ParquetTest, AnswersBecomeParquetBytes) {
  columnar::ValueVector list;
  list.type = TypeOf(ValueKind::kList);
  list.type.children = {TypeOf(ValueKind::kInt64)};
  list.ends = {2, 2};
  list.children = {Integers({7, 8})};
  const columnar::ValueBatch batch{2, {Strings({"x", "y"}), list, Integers({1, std::nullopt})}};
  const auto bytes = internal_->ParquetBytes(
      {{"s", TypeOf(ValueKind::kString)}, {"l", list.type}, {"s", TypeOf(ValueKind::kInt64)}},
      Batches({batch}));
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  EXPECT_TRUE(bytes->starts_with("PAR1"));
  EXPECT_TRUE(bytes->ends_with("PAR1"));
  const auto empty = internal_->ParquetBytes({{"s", TypeOf(ValueKind::kString)}}, Batches({}));
  ASSERT_TRUE(empty.ok()) << empty.error().message;
  EXPECT_TRUE(empty->starts_with("PAR1"));
}

}  // namespace
}  // namespace tidemill::sql
