// Which columns of a result are tags, handed through unchanged from a table.
//
// Tags are plain strings inside DuckDB; outside, a result says which strings are tags. Watched on
// the bound plan, so it holds through subqueries, joins and GROUP BY.
#pragma once

#include "duckdb/main/config.hpp"

namespace tidemill::sql {

// Makes every statement of the instance tell its QueryTables (set_tag_outputs).
void WatchTags(duckdb::DBConfig& config);

}  // namespace tidemill::sql
