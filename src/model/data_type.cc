#include "model/data_type.h"

namespace tidemill::model {

std::string_view ArrowTypeName(ColumnKind kind, DataType type) {
  switch (kind) {
    case ColumnKind::kTag: return "Dictionary(Int32, Utf8)";
    case ColumnKind::kTime: return "Timestamp(Nanosecond, None)";
    case ColumnKind::kField: break;
  }
  switch (type) {
    case DataType::kString: return "Utf8";
    case DataType::kInt64: return "Int64";
    case DataType::kUInt64: return "UInt64";
    case DataType::kFloat64: return "Float64";
    case DataType::kBool: return "Boolean";
    case DataType::kTimestamp: return "Timestamp(Nanosecond, None)";
  }
  return "Utf8";
}

std::string_view IoxTypeName(ColumnKind kind, DataType type) {
  switch (kind) {
    case ColumnKind::kTag: return "iox::column_type::tag";
    case ColumnKind::kTime: return "iox::column_type::timestamp";
    case ColumnKind::kField: break;
  }
  switch (type) {
    case DataType::kString: return "iox::column_type::field::string";
    case DataType::kInt64: return "iox::column_type::field::integer";
    case DataType::kUInt64: return "iox::column_type::field::uinteger";
    case DataType::kFloat64: return "iox::column_type::field::float";
    case DataType::kBool: return "iox::column_type::field::boolean";
    case DataType::kTimestamp: return "iox::column_type::timestamp";
  }
  return "iox::column_type::field::string";
}

std::optional<DataType> ParseFieldType(std::string_view text) {
  if (text == "utf8") return DataType::kString;
  if (text == "int64") return DataType::kInt64;
  if (text == "uint64") return DataType::kUInt64;
  if (text == "float64") return DataType::kFloat64;
  if (text == "bool") return DataType::kBool;
  return std::nullopt;
}

}  // namespace tidemill::model
