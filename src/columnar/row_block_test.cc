#include "columnar/row_block.h"

#include <gtest/gtest.h>

#include <functional>
#include <string_view>

namespace tidemill::columnar {
namespace {

using model::DataType;

StringColumn Strings(std::initializer_list<std::string_view> values) {
  StringColumn column;
  for (const std::string_view value : values) column.Append(value);
  return column;
}

// Two tags, three series (one without the second tag), four rows, a field of every shape.
RowBlock Example() {
  RowBlock block;
  block.tags = {{ColumnId(2), Strings({"a", "b"})}, {ColumnId(3), Strings({"x"})}};
  block.series_codes = {1, 1, 2, 1, 2, 0};
  block.series_count = 3;
  block.row_series = {0, 1, 2, 0};
  block.times = {10, 20, 30, 40};
  block.fields = {{ColumnId(4), DataType::kInt64, {}, {1, 2, 3, 4}, {}},
                  {ColumnId(5), DataType::kBool, {1, 0, 1, 0}, {1, 0, 0, 0}, {}},
                  {ColumnId(6), DataType::kString, {0, 1, 1, 1}, {}, Strings({"", "p", "", "qq"})}};
  return block;
}

TEST(RowBlock, ExampleIsConsistent) {
  EXPECT_TRUE(IsConsistent(Example()));
  EXPECT_TRUE(IsConsistent(RowBlock{}));
}

TEST(RowBlock, SeriesMayHaveNoTags) {
  RowBlock block = Example();
  block.tags.clear();
  block.series_codes.clear();
  EXPECT_TRUE(IsConsistent(block));
}

TEST(RowBlock, EveryBrokenSizeOrNumberIsFound) {
  const auto expect_broken = [](std::string_view what,
                                const std::function<void(RowBlock&)>& damage) {
    SCOPED_TRACE(what);
    RowBlock block = Example();
    damage(block);
    EXPECT_FALSE(IsConsistent(block));
  };
  expect_broken("a row too many", [](RowBlock& b) { b.times.push_back(1); });
  expect_broken("unknown series", [](RowBlock& b) { b.row_series[1] = 3; });
  expect_broken("series missing", [](RowBlock& b) { b.row_series.pop_back(); });
  expect_broken("codes missing", [](RowBlock& b) { b.series_codes.pop_back(); });
  expect_broken("huge series count", [](RowBlock& b) { b.series_count = UINT32_MAX; });
  expect_broken("code without value", [](RowBlock& b) { b.series_codes[0] = 3; });
  expect_broken("code of last series", [](RowBlock& b) { b.series_codes[5] = 2; });
  expect_broken("ends go back", [](RowBlock& b) { b.tags[0].values.ends = {2, 1}; });
  expect_broken("bytes missing", [](RowBlock& b) { b.tags[0].values.bytes = "a"; });
  expect_broken("bytes left over", [](RowBlock& b) { b.tags[0].values.bytes = "abc"; });
  expect_broken("bytes without ends", [](RowBlock& b) { b.fields[0].strings.bytes = "x"; });
  expect_broken("words missing", [](RowBlock& b) { b.fields[0].words.pop_back(); });
  expect_broken("words of a string", [](RowBlock& b) { b.fields[2].words = {1, 2, 3, 4}; });
  expect_broken("strings of a number", [](RowBlock& b) { b.fields[0].strings = Strings({"a"}); });
  expect_broken("strings missing", [](RowBlock& b) { b.fields[2].strings.Truncate(3); });
  expect_broken("validity too short", [](RowBlock& b) { b.fields[1].valid.pop_back(); });
  expect_broken("validity not 0 or 1", [](RowBlock& b) { b.fields[1].valid[0] = 2; });
  expect_broken("boolean not 0 or 1", [](RowBlock& b) { b.fields[1].words[0] = 2; });
  expect_broken("word where absent", [](RowBlock& b) { b.fields[1].words[1] = 1; });
  expect_broken("text where absent", [](RowBlock& b) { b.fields[2].valid[1] = 0; });
  expect_broken("timestamp field", [](RowBlock& b) { b.fields[0].type = DataType::kTimestamp; });
  expect_broken("no such type", [](RowBlock& b) { b.fields[0].type = static_cast<DataType>(9); });
}

TEST(RowBlock, FilterKeepsTheChosenRowsInOrder) {
  const RowBlock kept = Filter(Example(), {0, 1, 0, 1});
  EXPECT_TRUE(IsConsistent(kept));
  EXPECT_EQ(kept.times, (std::vector<std::int64_t>{20, 40}));
  EXPECT_EQ(kept.row_series, (std::vector<std::uint32_t>{1, 0}));
  EXPECT_EQ(kept.fields[0].words, (std::vector<std::uint64_t>{2, 4}));
  EXPECT_TRUE(kept.fields[0].valid.empty());
  EXPECT_EQ(kept.fields[1].valid, (std::vector<std::uint8_t>{0, 0}));
  EXPECT_EQ(kept.fields[2].strings, Strings({"p", "qq"}));
  EXPECT_EQ(kept.series_count, 3U);
  EXPECT_EQ(kept.tags[0].values, Example().tags[0].values);
}

TEST(RowBlock, FilterMayKeepNothing) {
  const RowBlock kept = Filter(Example(), {0, 0, 0, 0});
  EXPECT_TRUE(IsConsistent(kept));
  EXPECT_EQ(kept.rows(), 0U);
}

}  // namespace
}  // namespace tidemill::columnar
