// A piece of a query's result: columns of any SQL type, without a trace of the engine that made it.
//
// sql/ fills it, server/format/ prints it, plugin_host/ sends it to workers. Plain data, owned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "columnar/string_column.h"

namespace tidemill::columnar {

enum class ValueKind : std::uint8_t {
  kNull = 0,   // nothing but NULL
  kBool = 1,   // words: 0 or 1
  kInt64 = 2,  // every signed integer; sum(Int64) too
  kUInt64 = 3,
  kFloat64 = 4,  // decimals too
  kString = 5,
  kTimestamp = 6,    // ns since the epoch, no zone
  kTimestampTz = 7,  // ns since the epoch, shown with zone
  kDate = 8,         // days since the epoch
  kTime = 9,         // ns since midnight
  kInterval = 10,    // three words a value: months, days, ns
  kBinary = 11,      // in strings
  kList = 12,        // ends + children[0]
  kStruct = 13,      // children, one per field
};

struct ValueType {
  ValueKind kind = ValueKind::kNull;
  bool is_tag = false;              // Dictionary(Int32, Utf8) rather than Utf8
  std::vector<std::string> names;   // of struct fields
  std::vector<ValueType> children;  // list: one; struct: as many as names
  bool operator==(const ValueType&) const = default;
};

struct ValueVector {
  ValueType type;
  std::vector<std::uint8_t> valid;   // one byte a value; empty: all valid
  std::vector<std::uint64_t> words;  // bit patterns; see ValueKind
  StringColumn strings;
  std::vector<std::uint32_t> ends;  // of lists in children[0]
  std::vector<ValueVector> children;

  bool IsNull(std::size_t row) const {
    return type.kind == ValueKind::kNull || (!valid.empty() && valid[row] == 0);
  }
};

struct ValueColumn {
  std::string name;
  ValueType type;
};

// The same columns in every batch of a result.
struct ValueBatch {
  std::size_t rows = 0;
  std::vector<ValueVector> columns;
};

}  // namespace tidemill::columnar
