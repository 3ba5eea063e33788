// The functions of the SQL dialect that DuckDB lacks or gives other results for.
//
// One call per file of this folder; all names begin with kInnerPrefix except the overloads of
// built-in operators. sql/allowed_functions.cc says which user name means which of them.
#pragma once

#include "base/result.h"
#include "duckdb/main/database.hpp"
#include "duckdb/main/extension/extension_loader.hpp"

namespace tidemill::sql {

// date_bin(interval, time[, origin])
void RegisterDateBin(duckdb::ExtensionLoader& loader);
// date_trunc(unit, time) that keeps nanoseconds
void RegisterDateTrunc(duckdb::ExtensionLoader& loader);
// time + interval, interval + time, time - interval
void RegisterTimeArithmetic(duckdb::ExtensionLoader& loader);
// to_timestamp…, from_unixtime, to_unixtime
void RegisterTimeConversions(duckdb::ExtensionLoader& loader);
// sum over Int64 and UInt64 of the same type
void RegisterSum(duckdb::ExtensionLoader& loader);
// arrow_typeof, and the cast that lets median keep its input's type
void RegisterTypeFunctions(duckdb::ExtensionLoader& loader);
// what can be said in SQL: selector_first …
Status RegisterMacros(duckdb::DuckDB& database);

}  // namespace tidemill::sql
