#include "model/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemill::model {
namespace {

TableSchema Example() {
  return {.columns = {
              {ColumnId(2), "zone", ColumnKind::kTag, DataType::kString},
              {ColumnId(3), "usage", ColumnKind::kField, DataType::kFloat64},
              {ColumnId(5), "Host", ColumnKind::kTag, DataType::kString},
          }};
}

TEST(TableSchema, FindsColumnsByExactName) {
  const TableSchema schema = Example();
  ASSERT_NE(schema.Find("usage"), nullptr);
  EXPECT_EQ(schema.Find("usage")->id, ColumnId(3));
  EXPECT_EQ(schema.Find("host"), nullptr);
  EXPECT_EQ(schema.Find(""), nullptr);
  EXPECT_EQ(schema.Find(kTimeColumnName), nullptr);
}

TEST(TableSchema, FindsColumnsByIdAcrossGaps) {
  const TableSchema schema = Example();
  ASSERT_NE(schema.Find(ColumnId(5)), nullptr);
  EXPECT_EQ(schema.Find(ColumnId(5))->name, "Host");
  EXPECT_EQ(schema.Find(ColumnId(4)), nullptr);
  EXPECT_EQ(schema.Find(ColumnId(6)), nullptr);
  EXPECT_EQ(schema.Find(kTimeColumn), nullptr);
}

TEST(TableSchema, KeepsTagsInCreationOrder) {
  const TableSchema schema = Example();
  std::vector<std::string> names;
  for (const Column* tag : schema.Tags()) names.push_back(tag->name);
  EXPECT_THAT(names, testing::ElementsAre("zone", "Host"));
}

TEST(TableSchema, ShowsColumnsInByteOrderWithTimeAmongThem) {
  std::vector<std::string> names;
  for (const Column& column : Example().Alphabetical()) names.push_back(column.name);
  EXPECT_THAT(names, testing::ElementsAre("Host", "time", "usage", "zone"));
  EXPECT_EQ(Example().Alphabetical()[1].kind, ColumnKind::kTime);
}

}  // namespace
}  // namespace tidemill::model
