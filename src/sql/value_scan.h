// The table function over a table of plain values: tidemill_values(table number).
#pragma once

#include "duckdb/function/table_function.hpp"

namespace tidemill::sql {

inline constexpr const char* kValueScan = "tidemill_values";

duckdb::TableFunction MakeValueScan();

}  // namespace tidemill::sql
