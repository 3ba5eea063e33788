#include "columnar/chunk.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace tidemill::columnar {
namespace {

using model::DataType;

constexpr ColumnId kTag{2};
constexpr ColumnId kNumber{3};
constexpr ColumnId kText{4};
constexpr ColumnId kSparse{5};

std::shared_ptr<Generation> OneTag() {
  return std::make_shared<Generation>(1, std::vector<ColumnId>{kTag});
}

std::vector<ChunkColumn> AllFields() {
  return {{kText, DataType::kString}, {kNumber, DataType::kInt64}, {kSparse, DataType::kFloat64}};
}

// Rows first .. first + count: the number and the text say the row, the sparse field is on every
// third row.
RowBlock Rows(std::uint64_t first, std::size_t count) {
  RowBlock block;
  block.series_count = 1;
  block.fields.resize(3);
  block.fields[0].column = kNumber;
  block.fields[0].type = DataType::kInt64;
  block.fields[1].column = kText;
  block.fields[1].type = DataType::kString;
  block.fields[2].column = kSparse;
  for (std::uint64_t row = first; row < first + count; ++row) {
    block.times.push_back(static_cast<std::int64_t>(row));
    block.row_series.push_back(0);
    block.fields[0].words.push_back(row);
    block.fields[1].strings.Append("text " + std::to_string(row));
    block.fields[2].valid.push_back(row % 3 == 0 ? 1 : 0);
    block.fields[2].words.push_back(row % 3 == 0 ? row : 0);
  }
  return block;
}

TEST(Chunk, AppendsAPieceOfABlock) {
  Chunk chunk(OneTag(), AllFields(), 10);
  const RowBlock block = Rows(0, 8);
  chunk.Append(block, std::vector<std::uint32_t>{5}, 2, 4);
  ASSERT_EQ(chunk.rows(), 4U);
  const auto text = static_cast<std::size_t>(chunk.FindField(kText));
  const auto number = static_cast<std::size_t>(chunk.FindField(kNumber));
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_EQ(chunk.times()[row], static_cast<std::int64_t>(row + 2));
    EXPECT_EQ(chunk.series()[row], 5U);
    EXPECT_EQ(chunk.words(number)[row], row + 2);
    EXPECT_EQ(chunk.strings(text)[row], "text " + std::to_string(row + 2));
  }
  EXPECT_EQ(chunk.words(text), nullptr);
  EXPECT_EQ(chunk.strings(number), nullptr);
}

TEST(Chunk, FindsFieldsWhateverTheirOrder) {
  const Chunk chunk(OneTag(), AllFields(), 1);
  EXPECT_EQ(chunk.FindField(kText), 0);
  EXPECT_EQ(chunk.FindField(kNumber), 1);
  EXPECT_EQ(chunk.FindField(kSparse), 2);
  EXPECT_EQ(chunk.FindField(kTag), -1);
  EXPECT_EQ(chunk.FindField(ColumnId(99)), -1);
  EXPECT_EQ(chunk.field(0).column, kText);
}

TEST(Chunk, ValidityAppearsWithTheFirstMissingValue) {
  Chunk chunk(OneTag(), {{kNumber, DataType::kInt64}}, 10);
  RowBlock full = Rows(0, 2);
  full.fields.resize(1);
  const std::vector<std::uint32_t> series = {0};
  chunk.Append(full, series, 0, 2);
  EXPECT_EQ(chunk.valid(0), nullptr);
  RowBlock without_fields = full;
  without_fields.fields.clear();
  chunk.Append(without_fields, series, 0, 1);
  chunk.Append(full, series, 0, 2);
  ASSERT_NE(chunk.valid(0), nullptr);
  EXPECT_EQ(std::vector<std::uint8_t>(chunk.valid(0), chunk.valid(0) + 5),
            (std::vector<std::uint8_t>{1, 1, 0, 1, 1}));
  EXPECT_EQ(chunk.words(0)[2], 0U);
}

TEST(Chunk, FieldOfAnEarlierBlockIsNullInOneWithoutIt) {
  Chunk chunk(OneTag(), AllFields(), 10);
  RowBlock block = Rows(3, 2);
  block.fields.erase(block.fields.begin() + 1);  // no text
  chunk.Append(block, std::vector<std::uint32_t>{0}, 0, 2);
  const auto text = static_cast<std::size_t>(chunk.FindField(kText));
  ASSERT_NE(chunk.valid(text), nullptr);
  EXPECT_EQ(chunk.valid(text)[0], 0);
  EXPECT_EQ(chunk.strings(text)[1], "");
  const auto sparse = static_cast<std::size_t>(chunk.FindField(kSparse));
  EXPECT_EQ(chunk.valid(sparse)[0], 1);
  EXPECT_EQ(chunk.valid(sparse)[1], 0);
}

TEST(Chunk, CountsItsArraysAndItsText) {
  Chunk chunk(OneTag(), {{kText, DataType::kString}}, 100);
  const std::size_t empty = chunk.memory_bytes();
  EXPECT_GE(empty, 100 * (8 + 4 + 16));
  RowBlock block = Rows(0, 1);
  block.fields.erase(block.fields.begin());
  block.fields.pop_back();
  block.fields[0].strings = {};
  block.fields[0].strings.Append(std::string(50'000, 'x'));
  chunk.Append(block, std::vector<std::uint32_t>{0}, 0, 1);
  EXPECT_GE(chunk.memory_bytes(), empty + 50'000);
}

// One writer, two readers, no lock: what a reader was told of is whole. Meant for the thread
// sanitizer too.
TEST(Chunk, ReadersSeeAStablePrefixWhileTheWriterAppends) {
  constexpr std::size_t kRows = 20'000;
  constexpr std::size_t kStep = 50;
  const auto generation = OneTag();
  Chunk chunk(generation, AllFields(), kRows);
  std::atomic<std::size_t> published = 0;

  const auto read_all = [&] {
    std::size_t checked = 0;
    while (checked < kRows) {
      const std::size_t rows = published.load(std::memory_order_acquire);
      const std::uint8_t* valid = chunk.valid(2);
      for (; checked < rows; ++checked) {
        const std::string row = std::to_string(checked);
        ASSERT_EQ(chunk.times()[checked], static_cast<std::int64_t>(checked));
        ASSERT_EQ(chunk.words(1)[checked], checked);
        ASSERT_EQ(chunk.strings(0)[checked], "text " + row);
        ASSERT_EQ(valid[checked], checked % 3 == 0 ? 1 : 0);
        const std::uint32_t code = generation->Code(chunk.series()[checked], 0);
        ASSERT_EQ(generation->dictionary(0).Value(code), "host " + std::to_string(checked / kStep));
      }
      ASSERT_GT(chunk.memory_bytes() + generation->memory_bytes(), 0U);
    }
  };
  std::jthread first(read_all);
  std::jthread second(read_all);
  for (std::size_t row = 0; row < kRows; row += kStep) {
    const std::uint32_t code =
        generation->writable_dictionary(0).Intern("host " + std::to_string(row / kStep));
    const std::uint32_t series = generation->InternSeries(std::vector<std::uint32_t>{code});
    chunk.Append(Rows(row, kStep), std::vector<std::uint32_t>{series}, 0, kStep);
    published.store(row + kStep, std::memory_order_release);
  }
}

}  // namespace
}  // namespace tidemill::columnar
