#include "storage/table_buffer.h"

#include <gtest/gtest.h>

#include "storage/storage_fakes.h"

namespace tidemill::storage {
namespace {

using columnar::ChunkSlice;
using model::DataType;

// A buffer of table `d.t`, and what it should hold.
class BufferTest : public ::testing::Test {
 protected:
  BufferTest() { Extend({TestCatalog::Tag("host"), TestCatalog::Field("v", DataType::kInt64)}); }

  void Extend(std::vector<catalog::NewColumn> columns) {
    table_ = catalog_.Extend("d", "t", std::move(columns));
    layout_.emplace(table_);
  }
  void Write(Sequence sequence, const std::vector<TestRow>& rows) {
    buffer_->Append(sequence, MakeBlock(*table_, rows), *layout_);
    for (const TestRow& row : rows) model_.push_back(RowText(row, *table_));
  }
  void WriteOne(Sequence sequence, std::int64_t time, const std::string& host) {
    Write(sequence, {{time, {{"host", host}}, {{"v", std::int64_t{1}}}}});
  }
  // The flag of the newest chunk, and its times.
  std::string Overwrites() const {
    const ChunkSlice piece = buffer_->Slices().back();
    if (!piece.may_overwrite) return "none";
    return fmt::format("{}..{}", piece.overwrite_min, piece.overwrite_max);
  }

  TestCatalog catalog_;
  std::shared_ptr<const catalog::Table> table_;
  std::optional<TableLayout> layout_;
  std::shared_ptr<MemoryMeter> meter_ = std::make_shared<MemoryMeter>();
  std::atomic<std::uint64_t> epochs_ = 0;
  std::optional<TableBuffer> buffer_{std::in_place, meter_, epochs_};
  std::vector<std::string> model_;
};

std::vector<TestRow> RandomRows(testing::SeededRandom& random, std::size_t columns) {
  std::vector<TestRow> rows(1 + random.Next() % 300);
  for (TestRow& row : rows) {
    row.time = static_cast<std::int64_t>(random.Next() % 1000);
    for (std::size_t i = 0; i < columns; ++i) {
      const std::uint64_t dice = random.Next();
      if (dice % 3 != 0) row.tags[fmt::format("tag{}", i)] = fmt::format("v{}", dice % 7);
      if (dice % 5 != 0) row.fields[fmt::format("n{}", i)] = static_cast<double>(dice % 100);
      if (dice % 2 != 0) row.fields[fmt::format("s{}", i)] = fmt::format("text {}", dice % 11);
    }
  }
  return rows;
}

TEST_F(BufferTest, HoldsWhatWasWrittenInOrderOfArrivalWhateverColumnsCome) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    testing::SeededRandom random(seed);
    buffer_.emplace(meter_, epochs_);
    model_.clear();
    std::size_t columns = 0;
    for (Sequence sequence = 1; sequence <= 30; ++sequence) {
      if (random.Next() % 5 == 0 || columns == 0) {
        Extend({TestCatalog::Tag(fmt::format("tag{}", columns)),
                TestCatalog::Field(fmt::format("n{}", columns), DataType::kFloat64),
                TestCatalog::Field(fmt::format("s{}", columns), DataType::kString)});
        ++columns;
      }
      if (random.Next() % 10 == 0) buffer_->Freeze();
      Write(sequence, RandomRows(random, columns));
    }
    EXPECT_EQ(ReadSlices(buffer_->Slices()), model_);
    EXPECT_EQ(buffer_->rows(), model_.size());
  }
}

TEST_F(BufferTest, ASliceTakenEarlierNeverChanges) {
  WriteOne(1, 10, "a");
  const std::vector<ChunkSlice> early = buffer_->Slices();
  const std::vector<std::string> rows = ReadSlices(early);
  for (Sequence sequence = 2; sequence < 3000; ++sequence) {
    WriteOne(sequence, 10, fmt::format("h{}", sequence % 50));
  }
  Extend({TestCatalog::Tag("region"), TestCatalog::Field("w", DataType::kString)});
  Write(3000, {{11, {{"host", "a"}, {"region", "eu"}}, {{"w", std::string("x")}}}});
  buffer_->Freeze();
  EXPECT_EQ(ReadSlices(early), rows);
  EXPECT_EQ(early.size(), 1U);
}

TEST_F(BufferTest, ANewFieldBeginsAChunkAndANewTagAGeneration) {
  WriteOne(1, 1, "a");
  Extend({TestCatalog::Field("w", DataType::kBool)});
  WriteOne(2, 2, "a");
  Extend({TestCatalog::Tag("region")});
  WriteOne(3, 3, "a");
  const std::vector<ChunkSlice> slices = buffer_->Slices();
  ASSERT_EQ(slices.size(), 3U);
  EXPECT_EQ(&slices[0].chunk->generation(), &slices[1].chunk->generation());
  EXPECT_NE(&slices[1].chunk->generation(), &slices[2].chunk->generation());
  EXPECT_EQ(slices[2].chunk->generation().tags().size(), 2U);
}

TEST_F(BufferTest, ChunksGrowFromSmallToTheLargestSize) {
  std::vector<TestRow> rows(500);
  for (TestRow& row : rows) row.fields["v"] = std::int64_t{1};
  for (Sequence sequence = 1; sequence <= 600; ++sequence) Write(sequence, rows);
  std::vector<std::size_t> capacities;
  for (const ChunkSlice& slice : buffer_->Slices()) capacities.push_back(slice.chunk->capacity());
  const std::vector<std::size_t> expected = {1024,  2048,  4096,  8192,  16384,
                                             32768, 65536, 65536, 65536, 65536};
  EXPECT_EQ(capacities, expected);
}

TEST_F(BufferTest, AWriteLargerThanAChunkIsCutIntoSeveral) {
  std::vector<TestRow> rows(150'000);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i] = {static_cast<std::int64_t>(i), {}, {{"v", std::int64_t{1}}}};
  }
  Write(1, rows);
  EXPECT_EQ(ReadSlices(buffer_->Slices()), model_);
  EXPECT_EQ(buffer_->Slices().size(), 3U);
}

TEST_F(BufferTest, ATableThatGrowsColumnByColumnStaysSmall) {
  for (Sequence sequence = 1; sequence <= 300; ++sequence) {
    const std::string name = fmt::format("f{}", sequence);
    Extend({TestCatalog::Field(name, DataType::kFloat64)});
    Write(sequence, {{1, {}, {{name, 1.5}}}});
  }
  EXPECT_EQ(ReadSlices(buffer_->Slices()), model_);
  EXPECT_LT(buffer_->memory_bytes(), 40U << 20);
}

TEST_F(BufferTest, FlagsRowsThatMayOverwriteAndTheirTimes) {
  struct Case {
    std::string claim;
    std::vector<std::pair<std::int64_t, std::string>> writes;
    std::string flagged;
  };
  const std::vector<Case> cases = {
      {"each series in order", {{1, "a"}, {1, "b"}, {2, "a"}, {2, "b"}}, "none"},
      {"series far apart in time", {{100, "a"}, {1, "b"}, {2, "b"}}, "none"},
      {"the same time again", {{5, "a"}, {5, "a"}}, "5..5"},
      {"late rows", {{10, "a"}, {3, "a"}, {7, "a"}, {11, "a"}}, "3..7"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.claim);
    buffer_.emplace(meter_, epochs_);
    Sequence sequence = 0;
    for (const auto& [time, host] : test.writes) WriteOne(++sequence, time, host);
    EXPECT_EQ(Overwrites(), test.flagged);
  }
}

TEST_F(BufferTest, ASeriesOfAnEarlierGenerationMayOverwriteUpToTheNewestTimeOfThat) {
  WriteOne(1, 10, "a");
  buffer_->Freeze();
  WriteOne(2, 11, "b");
  EXPECT_EQ(Overwrites(), "none");
  WriteOne(3, 10, "a");
  EXPECT_EQ(Overwrites(), "10..10");
  buffer_->Freeze();
  EXPECT_EQ(buffer_->DropThrough(3).size(), 2U);
  EXPECT_TRUE(buffer_->empty());
  WriteOne(4, 11, "c");
  EXPECT_EQ(Overwrites(), "11..11");
}

TEST_F(BufferTest, FilesOfAnEarlierProcessCountAsKnownTimes) {
  buffer_->NoteFlushedTime(50);
  WriteOne(1, 51, "a");
  EXPECT_EQ(Overwrites(), "none");
  WriteOne(2, 50, "b");
  EXPECT_EQ(Overwrites(), "50..50");
}

TEST_F(BufferTest, CarriedRowsGoWhereTheirSequenceBelongs) {
  WriteOne(50, 1, "new");
  WriteOne(51, 2, "new");
  buffer_->InsertCarried(5, MakeBlock(*table_, {{1, {{"host", "old"}}, {}}}), *layout_);
  buffer_->InsertCarried(7, MakeBlock(*table_, {{2, {{"host", "old"}}, {}}}), *layout_);
  const std::vector<ChunkSlice> pieces = buffer_->Slices();
  std::vector<Sequence> firsts;
  for (const ChunkSlice& piece : pieces) firsts.push_back(piece.first_sequence);
  EXPECT_EQ(firsts, (std::vector<Sequence>{5, 7, 50}));
  EXPECT_TRUE(pieces.back().may_overwrite) << "later rows may overwrite carried ones";
  EXPECT_EQ(buffer_->first_sequence(), 5U);
  WriteOne(52, 3, "new");
  EXPECT_EQ(buffer_->Slices().size(), 3U) << "the open chunk goes on";
}

TEST_F(BufferTest, RowsThatComeAfterCarriedOnesMayOverwriteThem) {
  WriteOne(50, 1, "new");
  buffer_->InsertCarried(5, MakeBlock(*table_, {{9, {{"host", "old"}}, {}}}), *layout_);
  EXPECT_EQ(Overwrites(), "1..1");
  WriteOne(51, 9, "old");
  EXPECT_EQ(Overwrites(), "1..9");
  WriteOne(52, 10, "old");
  EXPECT_EQ(Overwrites(), "1..9");
}

TEST_F(BufferTest, CountsMemoryUntilTheLastReaderLetsGo) {
  for (Sequence sequence = 1; sequence <= 100; ++sequence) {
    Write(sequence, {{1, {{"host", fmt::format("h{}", sequence)}}, {{"v", std::int64_t{1}}}}});
  }
  EXPECT_EQ(meter_->bytes(), buffer_->memory_bytes());
  std::vector<ChunkSlice> pinned = buffer_->Slices();
  const std::uint64_t held = meter_->bytes();
  buffer_->Freeze();
  buffer_->DropThrough(100);
  EXPECT_EQ(buffer_->memory_bytes(), 0U);
  EXPECT_EQ(meter_->bytes(), held);
  pinned.clear();
  EXPECT_EQ(meter_->bytes(), 0U);
}

TEST_F(BufferTest, AFreezeThatWasNotFlushedIsPartOfTheNextOne) {
  WriteOne(1, 1, "a");
  buffer_->Freeze();
  WriteOne(2, 2, "a");
  buffer_->Freeze();
  WriteOne(3, 3, "a");
  EXPECT_EQ(buffer_->DropThrough(2).size(), 2U);
  EXPECT_EQ(buffer_->rows(), 1U);
  EXPECT_EQ(buffer_->first_sequence(), 3U);
}

}  // namespace
}  // namespace tidemill::storage
