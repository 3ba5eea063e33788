// Comparisons of the time column with text and integers, as users write them.
//
// Works on the parsed tree, before types are known: `time` is known by its name.
#pragma once

#include "duckdb/parser/parsed_expression.hpp"

namespace tidemill::sql {

// If `expression` compares `time` with literals, makes them nanosecond timestamps: RFC 3339 text in
// all its forms, integers as nanoseconds since the epoch. Text that is no time is left to DuckDB,
// which refuses it.
void TypeTimeLiterals(duckdb::ParsedExpression& expression);

}  // namespace tidemill::sql
