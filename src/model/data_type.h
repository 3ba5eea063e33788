// The kinds of columns and their types, with every name a client may see for them: of Arrow, of
// `iox::column_type`, and of the configure endpoints.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tidemill::model {

enum class ColumnKind : std::uint8_t { kTag = 0, kField = 1, kTime = 2 };

// Numbers stand in the WAL and the manifest: never renumber.
enum class DataType : std::uint8_t {
  kString = 0,
  kInt64 = 1,
  kUInt64 = 2,
  kFloat64 = 3,
  kBool = 4,
  kTimestamp = 5
};

// "Dictionary(Int32, Utf8)", "Utf8", "Int64", "UInt64", "Float64", "Boolean",
// "Timestamp(Nanosecond, None)".
std::string_view ArrowTypeName(ColumnKind kind, DataType type);

// "iox::column_type::tag", "iox::column_type::field::float", … "iox::column_type::timestamp".
std::string_view IoxTypeName(ColumnKind kind, DataType type);

// "utf8", "int64", "uint64", "float64", "bool": field types of the configure API and `create
// table`.
std::optional<DataType> ParseFieldType(std::string_view text);

}  // namespace tidemill::model
