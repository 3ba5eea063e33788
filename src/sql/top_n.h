// ORDER BY time LIMIT n over the buffer: the bound found so far reaches the scan.
//
// DuckDB does this for scans that take its table filters; ours keeps filters in the plan, so the
// bound is handed to it here. The scan then begins at the right end and stops early.
#pragma once

#include "duckdb/planner/logical_operator.hpp"
#include "sql/query_tables.h"

namespace tidemill::sql {

// Before optimising: a time is never NULL, so where NULLs would stand does not matter, and DuckDB
// can bound more.
void OrderNullsLast(const QueryTables& tables, duckdb::LogicalOperator& plan);

// After optimising.
void BoundScans(const QueryTables& tables, duckdb::LogicalOperator& plan);

}  // namespace tidemill::sql
