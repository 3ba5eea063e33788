// Where the columns of a bound plan come from: which column of which of our scans.
#pragma once

#include <functional>
#include <unordered_map>

#include "duckdb/planner/expression.hpp"
#include "duckdb/planner/logical_operator.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "sql/query_tables.h"

namespace tidemill::sql {

// The column of `tables` that column number `column` of this scan gives out; nullptr when it is no
// scan of ours, or the column none of a table.
const ScanColumn* ScannedColumn(const QueryTables& tables, const duckdb::LogicalGet& scan,
                                duckdb::idx_t column);

// Follows columns that are handed through unchanged: by projections, filters, joins, set operations
// and as GROUP BY keys.
class ColumnLineage {
 public:
  ColumnLineage(const QueryTables& tables, duckdb::LogicalOperator& plan);

  // Every column that `binding` may come from is a scanned one, and `is_wanted` says so.
  bool All(const duckdb::ColumnBinding& binding,
           const std::function<bool(const ScanColumn&)>& is_wanted) const;

 private:
  void Collect(duckdb::LogicalOperator& op);
  bool All(const duckdb::Expression& expression,
           const std::function<bool(const ScanColumn&)>& is_wanted) const;

  const QueryTables& tables_;
  std::unordered_map<duckdb::idx_t, duckdb::LogicalOperator*> operators_;
};

}  // namespace tidemill::sql
