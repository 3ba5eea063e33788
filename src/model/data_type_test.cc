#include "model/data_type.h"

#include <gtest/gtest.h>

namespace tidemill::model {
namespace {

TEST(DataType, HasTheNamesThatClientsRead) {
  struct Row {
    ColumnKind kind;
    DataType type;
    std::string_view arrow;
    std::string_view iox;
  };
  const Row rows[] = {
      {ColumnKind::kTag, DataType::kString, "Dictionary(Int32, Utf8)", "iox::column_type::tag"},
      {ColumnKind::kTime, DataType::kTimestamp, "Timestamp(Nanosecond, None)",
       "iox::column_type::timestamp"},
      {ColumnKind::kField, DataType::kString, "Utf8", "iox::column_type::field::string"},
      {ColumnKind::kField, DataType::kInt64, "Int64", "iox::column_type::field::integer"},
      {ColumnKind::kField, DataType::kUInt64, "UInt64", "iox::column_type::field::uinteger"},
      {ColumnKind::kField, DataType::kFloat64, "Float64", "iox::column_type::field::float"},
      {ColumnKind::kField, DataType::kBool, "Boolean", "iox::column_type::field::boolean"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(ArrowTypeName(row.kind, row.type), row.arrow);
    EXPECT_EQ(IoxTypeName(row.kind, row.type), row.iox);
  }
}

TEST(DataType, ParsesTheFieldTypesOfTheConfigureApi) {
  EXPECT_EQ(ParseFieldType("utf8"), DataType::kString);
  EXPECT_EQ(ParseFieldType("int64"), DataType::kInt64);
  EXPECT_EQ(ParseFieldType("uint64"), DataType::kUInt64);
  EXPECT_EQ(ParseFieldType("float64"), DataType::kFloat64);
  EXPECT_EQ(ParseFieldType("bool"), DataType::kBool);
  for (const std::string_view text : {"", "Utf8", "string", "int", "timestamp", "bool "}) {
    EXPECT_EQ(ParseFieldType(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tidemill::model
