// The table function over the files of a stored table: tidemill_parquet('table number').
//
// DuckDB's Parquet reader with a file list and a schema of ours: columns are found by field id, a
// column that a file lacks is NULL, and files without a row in the statement's time range are
// never opened.
#pragma once

#include "duckdb/main/extension/extension_loader.hpp"

namespace tidemill::sql {

inline constexpr const char* kParquetScan = "tidemill_parquet";

void RegisterParquetScan(duckdb::ExtensionLoader& loader);

}  // namespace tidemill::sql
