#include "sql/value_types.h"

#include <array>
#include <utility>

namespace tidemill::sql {
namespace {

using columnar::ValueKind;
using columnar::ValueType;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

ValueType ListOf(ValueType child) {
  return {.kind = ValueKind::kList, .names = {}, .children = {std::move(child)}};
}

ValueType StructOf(const LogicalType& type) {
  ValueType result{.kind = ValueKind::kStruct, .names = {}, .children = {}};
  for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) {
    result.names.push_back(name);
    result.children.push_back(ValueTypeOf(child));
  }
  return result;
}

ValueKind ScalarKindOf(LogicalTypeId id) {
  switch (id) {
    case LogicalTypeId::SQLNULL: return ValueKind::kNull;
    case LogicalTypeId::BOOLEAN: return ValueKind::kBool;
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::HUGEINT: return ValueKind::kInt64;
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::UBIGINT:
    case LogicalTypeId::UHUGEINT: return ValueKind::kUInt64;
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
    case LogicalTypeId::DECIMAL: return ValueKind::kFloat64;
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS: return ValueKind::kTimestamp;
    case LogicalTypeId::TIMESTAMP_TZ: return ValueKind::kTimestampTz;
    case LogicalTypeId::DATE: return ValueKind::kDate;
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIME_NS:
    case LogicalTypeId::TIME_TZ: return ValueKind::kTime;
    case LogicalTypeId::INTERVAL: return ValueKind::kInterval;
    case LogicalTypeId::BLOB: return ValueKind::kBinary;
    default: return ValueKind::kString;  // everything else has a text
  }
}

struct ArrowName {
  std::string_view name;
  LogicalTypeId id;
};
// The first name of a type is the one shown; the others are read only.
constexpr std::array kArrowNames = {
    ArrowName{"Null", LogicalTypeId::SQLNULL},
    ArrowName{"Boolean", LogicalTypeId::BOOLEAN},
    ArrowName{"Int8", LogicalTypeId::TINYINT},
    ArrowName{"Int16", LogicalTypeId::SMALLINT},
    ArrowName{"Int32", LogicalTypeId::INTEGER},
    ArrowName{"Int64", LogicalTypeId::BIGINT},
    ArrowName{"UInt8", LogicalTypeId::UTINYINT},
    ArrowName{"UInt16", LogicalTypeId::USMALLINT},
    ArrowName{"UInt32", LogicalTypeId::UINTEGER},
    ArrowName{"UInt64", LogicalTypeId::UBIGINT},
    ArrowName{"Float32", LogicalTypeId::FLOAT},
    ArrowName{"Float64", LogicalTypeId::DOUBLE},
    ArrowName{"Utf8", LogicalTypeId::VARCHAR},
    ArrowName{"LargeUtf8", LogicalTypeId::VARCHAR},
    ArrowName{"Utf8View", LogicalTypeId::VARCHAR},
    ArrowName{"Dictionary(Int32, Utf8)", LogicalTypeId::VARCHAR},
    ArrowName{"Binary", LogicalTypeId::BLOB},
    ArrowName{"Timestamp(Nanosecond, None)", LogicalTypeId::TIMESTAMP_NS},
    ArrowName{"Timestamp(Microsecond, None)", LogicalTypeId::TIMESTAMP},
    ArrowName{"Timestamp(Millisecond, None)", LogicalTypeId::TIMESTAMP_MS},
    ArrowName{"Timestamp(Second, None)", LogicalTypeId::TIMESTAMP_SEC},
    ArrowName{"Timestamp(Microsecond, Some(\"UTC\"))", LogicalTypeId::TIMESTAMP_TZ},
    ArrowName{"Timestamp(Nanosecond, Some(\"UTC\"))", LogicalTypeId::TIMESTAMP_TZ},
    ArrowName{"Date32", LogicalTypeId::DATE},
    ArrowName{"Time64(Nanosecond)", LogicalTypeId::TIME},
    ArrowName{"Interval(MonthDayNano)", LogicalTypeId::INTERVAL},
};

}  // namespace

ValueType ValueTypeOf(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::LIST: return ListOf(ValueTypeOf(duckdb::ListType::GetChildType(type)));
    case LogicalTypeId::ARRAY: return ListOf(ValueTypeOf(duckdb::ArrayType::GetChildType(type)));
    case LogicalTypeId::MAP: return ListOf(StructOf(duckdb::ListType::GetChildType(type)));
    case LogicalTypeId::STRUCT: return StructOf(type);
    default: return {.kind = ScalarKindOf(type.id()), .names = {}, .children = {}};
  }
}

LogicalType LogicalTypeOf(const ValueType& type) {
  switch (type.kind) {
    case ValueKind::kNull: return LogicalType::SQLNULL;
    case ValueKind::kBool: return LogicalType::BOOLEAN;
    case ValueKind::kInt64: return LogicalType::BIGINT;
    case ValueKind::kUInt64: return LogicalType::UBIGINT;
    case ValueKind::kFloat64: return LogicalType::DOUBLE;
    case ValueKind::kString: return LogicalType::VARCHAR;
    case ValueKind::kTimestamp: return LogicalType::TIMESTAMP_NS;
    case ValueKind::kTimestampTz: return LogicalType::TIMESTAMP_TZ;
    case ValueKind::kDate: return LogicalType::DATE;
    case ValueKind::kTime: return LogicalType::TIME;
    case ValueKind::kInterval: return LogicalType::INTERVAL;
    case ValueKind::kBinary: return LogicalType::BLOB;
    case ValueKind::kList: return LogicalType::LIST(LogicalTypeOf(type.children.front()));
    case ValueKind::kStruct: break;
  }
  duckdb::child_list_t<LogicalType> children;
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    children.emplace_back(type.names[i], LogicalTypeOf(type.children[i]));
  }
  return LogicalType::STRUCT(std::move(children));
}

LogicalType LogicalTypeOf(model::DataType type) {
  switch (type) {
    case model::DataType::kString: return LogicalType::VARCHAR;
    case model::DataType::kInt64: return LogicalType::BIGINT;
    case model::DataType::kUInt64: return LogicalType::UBIGINT;
    case model::DataType::kFloat64: return LogicalType::DOUBLE;
    case model::DataType::kBool: return LogicalType::BOOLEAN;
    case model::DataType::kTimestamp: break;
  }
  return LogicalType::TIMESTAMP_NS;
}

std::string ArrowNameOf(const LogicalType& type) {
  if (type.id() == LogicalTypeId::DECIMAL) {
    return "Decimal128(" + std::to_string(duckdb::DecimalType::GetWidth(type)) + ", " +
           std::to_string(duckdb::DecimalType::GetScale(type)) + ")";
  }
  if (type.id() == LogicalTypeId::LIST) {
    return "List(" + ArrowNameOf(duckdb::ListType::GetChildType(type)) + ")";
  }
  if (type.id() == LogicalTypeId::STRUCT) {
    std::string name = "Struct(";
    for (const auto& [field, child] : duckdb::StructType::GetChildTypes(type)) {
      if (name.back() != '(') name += ", ";
      name += field + " " + ArrowNameOf(child);
    }
    return name + ")";
  }
  for (const ArrowName& known : kArrowNames) {
    if (known.id == type.id()) return std::string(known.name);
  }
  return "Utf8";
}

std::optional<LogicalType> ParseArrowName(std::string_view name) {
  for (const ArrowName& known : kArrowNames) {
    if (known.name == name) return LogicalType(known.id);
  }
  return std::nullopt;
}

}  // namespace tidemill::sql
