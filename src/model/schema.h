// What a table looks like: its columns in creation order, with ids that are never reused.
//
// Immutable once published in a catalog snapshot. The time column is always there, has the name
// "time" and kTimeColumn as its id. A column's type never changes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "model/data_type.h"

namespace tidemill::model {

inline constexpr std::string_view kTimeColumnName = "time";
inline constexpr ColumnId kTimeColumn{1};  // ids of tags and fields begin at 2

struct Column {
  ColumnId id;
  std::string name;
  ColumnKind kind = ColumnKind::kField;
  DataType type = DataType::kFloat64;
  bool operator==(const Column&) const = default;
};

struct TableSchema {
  // Tags and fields in creation order; time is not among them.
  std::vector<Column> columns;

  const Column* Find(std::string_view name) const;  // exact bytes; not the time column
  const Column* Find(ColumnId id) const;
  // Tags in creation order: the series key.
  std::vector<const Column*> Tags() const;
  // Every column with time, in alphabetical (byte) order: the order that `SELECT *` shows.
  std::vector<Column> Alphabetical() const;
};

}  // namespace tidemill::model
