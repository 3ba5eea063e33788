#include "model/schema.h"

#include <algorithm>

namespace tidemill::model {

const Column* TableSchema::Find(std::string_view name) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

const Column* TableSchema::Find(ColumnId id) const {
  // Ids are given in creation order, which is the order of the vector.
  const auto found =
      std::lower_bound(columns.begin(), columns.end(), id,
                       [](const Column& column, ColumnId wanted) { return column.id < wanted; });
  return found == columns.end() || found->id != id ? nullptr : &*found;
}

std::vector<const Column*> TableSchema::Tags() const {
  std::vector<const Column*> tags;
  for (const Column& column : columns) {
    if (column.kind == ColumnKind::kTag) tags.push_back(&column);
  }
  return tags;
}

std::vector<Column> TableSchema::Alphabetical() const {
  std::vector<Column> all = columns;
  all.push_back({.id = kTimeColumn,
                 .name = std::string(kTimeColumnName),
                 .kind = ColumnKind::kTime,
                 .type = DataType::kTimestamp});
  std::sort(all.begin(), all.end(),
            [](const Column& a, const Column& b) { return a.name < b.name; });
  return all;
}

}  // namespace tidemill::model
