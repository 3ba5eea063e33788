#include "ingest/row_selection.h"

#include <gtest/gtest.h>

namespace tidemill::ingest {
namespace {

using columnar::RowBlock;
using columnar::StringColumn;
using model::DataType;

StringColumn Strings(std::initializer_list<std::string_view> values) {
  StringColumn column;
  for (const std::string_view value : values) column.Append(value);
  return column;
}

// Three series, one of them with the tag that has no id; a field without an id on the same rows.
RowBlock Example() {
  RowBlock block;
  block.tags = {{ColumnId(2), Strings({"a", "b"})}, {ColumnId(), Strings({"x"})}};
  block.series_codes = {1, 0, 1, 1, 2, 0};
  block.series_count = 3;
  block.row_series = {0, 1, 2, 2};
  block.times = {10, 20, 30, 40};
  block.fields = {{ColumnId(3), DataType::kInt64, {}, {1, 2, 3, 4}, {}},
                  {ColumnId(), DataType::kBool, {0, 1, 0, 0}, {0, 1, 0, 0}, {}},
                  {ColumnId(4), DataType::kString, {1, 1, 0, 1}, {}, Strings({"p", "q", "", "s"})}};
  return block;
}

TEST(RowSelection, LeavesNothingOfOtherRows) {
  const RowBlock taken = SelectRows(Example(), std::vector<std::uint8_t>{0, 0, 1, 1});
  EXPECT_TRUE(IsConsistent(taken));
  EXPECT_EQ(taken.times, (std::vector<std::int64_t>{30, 40}));
  ASSERT_EQ(taken.tags.size(), 1U);
  EXPECT_EQ(taken.tags[0].values, Strings({"b"}));
  EXPECT_EQ(taken.series_count, 1U);
  EXPECT_EQ(taken.series_codes, (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(taken.row_series, (std::vector<std::uint32_t>{0, 0}));
  ASSERT_EQ(taken.fields.size(), 2U);
  EXPECT_EQ(taken.fields[0].words, (std::vector<std::uint64_t>{3, 4}));
  EXPECT_EQ(taken.fields[1].valid, (std::vector<std::uint8_t>{0, 1}));
  EXPECT_EQ(taken.fields[1].strings, Strings({"", "s"}));
}

TEST(RowSelection, ColumnsWithoutAValueLeftGoToo) {
  const RowBlock taken = SelectRows(Example(), std::vector<std::uint8_t>{0, 0, 1, 0});
  ASSERT_EQ(taken.fields.size(), 1U);
  EXPECT_EQ(taken.fields[0].column, ColumnId(3));
}

TEST(RowSelection, SeriesWithoutTagsStaySeries) {
  RowBlock block = Example();
  block.tags.clear();
  block.series_codes.clear();
  const RowBlock taken = SelectRows(block, std::vector<std::uint8_t>{1, 0, 0, 1});
  EXPECT_TRUE(IsConsistent(taken));
  EXPECT_EQ(taken.series_count, 2U);
  EXPECT_TRUE(taken.series_codes.empty());
}

TEST(RowSelection, AColumnWithoutGapsLeftNeedsNoValidity) {
  const RowBlock taken = SelectRows(Example(), std::vector<std::uint8_t>{1, 1, 0, 1});
  EXPECT_TRUE(taken.fields[1].valid.empty());
  EXPECT_EQ(taken.fields[1].strings, Strings({"p", "q", "s"}));
}

}  // namespace
}  // namespace tidemill::ingest
