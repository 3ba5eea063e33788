// The table function over the rows of a stored table where the same point may be there twice:
// tidemill_merge(table number).
//
// Gives out the rows in MergeSlabs() of the table, one for each point. Conditions on time and tags
// are used below the merge; all others, which may be about fields, hold for the merged rows.
#pragma once

#include <memory>

#include "duckdb/function/table_function.hpp"
#include "duckdb/main/database.hpp"

namespace tidemill::sql {

inline constexpr const char* kMergeScan = "tidemill_merge";

// `reader`: see OpenMergeReader.
duckdb::TableFunction MakeMergeScan(std::shared_ptr<duckdb::DuckDB> reader);

}  // namespace tidemill::sql
