// Finds the columns of a table by name, for a list of names that mostly comes in creation order.
#pragma once

#include <string_view>
#include <unordered_map>

#include "model/schema.h"

namespace tidemill::ingest {

// The schema must outlive it. nullptr: a table without columns.
class ColumnFinder {
 public:
  explicit ColumnFinder(const model::TableSchema* schema) : schema_(schema) {}

  // nullptr: there is none.
  const model::Column* Find(std::string_view name) {
    if (schema_ == nullptr || schema_->columns.empty()) return nullptr;
    if (next_ < schema_->columns.size() && schema_->columns[next_].name == name)
      return &schema_->columns[next_++];
    if (by_name_.empty()) {
      by_name_.reserve(schema_->columns.size());
      for (const model::Column& column : schema_->columns) by_name_.emplace(column.name, &column);
    }
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return nullptr;
    next_ = static_cast<std::size_t>(found->second - schema_->columns.data()) + 1;
    return found->second;
  }

 private:
  const model::TableSchema* schema_;
  std::size_t next_ = 0;                                                // behind the one found last
  std::unordered_map<std::string_view, const model::Column*> by_name_;  // made when first needed
};

}  // namespace tidemill::ingest
