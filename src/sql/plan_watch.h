// Looks at every plan of the user engine before and after DuckDB optimises it.
#pragma once

#include "duckdb/main/config.hpp"

namespace tidemill::sql {

// Before: which outputs are tags (told to the statement's QueryTables). Around: ORDER BY time LIMIT
// n (sql/top_n.h).
void WatchPlans(duckdb::DBConfig& config);

}  // namespace tidemill::sql
