// What a table name becomes in the parsed tree: scans of the pinned table, named like the table.
#pragma once

#include <string>

#include "duckdb/parser/tableref.hpp"
#include "sql/query_tables.h"

namespace tidemill::sql {

// The scan of table `number`: buffer chunks, files and what must be merged of both, united; or
// plain values. No alias yet.
duckdb::unique_ptr<duckdb::TableRef> MakeScan(const ScanTable& table, std::size_t number);

}  // namespace tidemill::sql
