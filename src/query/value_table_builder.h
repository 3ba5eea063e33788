// Makes small tables of values row by row: system tables and information_schema.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/timestamp.h"
#include "columnar/value_batch.h"
#include "sql/ports.h"

namespace tidemill::query {

// monostate: NULL. A duration is an interval to SQL.
using Cell = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, std::string, Timestamp,
                          std::chrono::nanoseconds>;

// NULL when there is no value.
template <typename T>
Cell CellOf(const std::optional<T>& value) {
  return value ? Cell(*value) : Cell();
}

columnar::ValueColumn MakeColumn(std::string name, columnar::ValueKind kind);

class ValueTableBuilder {
 public:
  ValueTableBuilder(std::string_view name, std::vector<columnar::ValueColumn> columns);

  // One cell a column, each NULL or of the column's kind.
  void AddRow(const std::vector<Cell>& cells);
  sql::ValueTable Finish();

 private:
  sql::ValueTable table_;
  columnar::ValueBatch batch_;
};

}  // namespace tidemill::query
