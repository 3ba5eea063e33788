// The table function over the buffer chunks of a stored table: tidemill_buffer(table number).
//
// Runs in parallel over slices. Slices without a row in the statement's time range are skipped, and
// rows outside of it, or before the retention cutoff, are left out row by row.
#pragma once

#include "duckdb/function/table_function.hpp"

namespace tidemill::sql {

inline constexpr const char* kBufferScan = "tidemill_buffer";

duckdb::TableFunction MakeBufferScan();

}  // namespace tidemill::sql
