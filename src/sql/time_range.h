// Which times a statement's filters leave over, read off the filters that DuckDB offers a scan.
//
// Look and keep: the filters stay in the plan, so whatever is not understood here is merely not
// used for pruning.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>

#include "duckdb/planner/expression.hpp"

namespace tidemill::sql {

// Both ends belong to it; min > max: no time at all.
struct TimeRange {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();

  bool Overlaps(std::int64_t first, std::int64_t last) const { return first <= max && last >= min; }
  bool Contains(std::int64_t first, std::int64_t last) const { return first >= min && last <= max; }
  void Intersect(const TimeRange& other);
};

// `time <comparison> bound`; every time where that is no range.
TimeRange RangeOfComparison(duckdb::ExpressionType comparison, std::int64_t bound);

// `is_time(table_index, column_index)` tells whether a column reference means the time column.
using IsTimeColumn = std::function<bool(duckdb::idx_t table, duckdb::idx_t column)>;

// The range that all of `filters` together leave.
TimeRange RangeOf(const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters,
                  const IsTimeColumn& is_time);

}  // namespace tidemill::sql
