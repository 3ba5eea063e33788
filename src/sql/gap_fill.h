// SELECT … GROUP BY date_bin_gapfill(…): every bin between the bounds of time, for every group.
//
// Works on one SELECT of the parsed tree, behind the expression gate: names of functions are inner
// ones, every output has its name. Semantics: server.md 3.4. Called by the gate.
#pragma once

#include "duckdb/parser/parser_options.hpp"
#include "duckdb/parser/query_node.hpp"

namespace tidemill::sql {

// What the gate calls the three functions; nothing of that name exists inside DuckDB.
inline constexpr char kGapFillCall[] = "tidemill_date_bin_gapfill";
inline constexpr char kInterpolateCall[] = "tidemill_interpolate";
inline constexpr char kLocfCall[] = "tidemill_locf";

// Replaces a SELECT that uses them by one that does what they say; leaves any other alone. Throws
// Refused when time has no bounds, or a call stands where it means nothing.
void FillGaps(duckdb::unique_ptr<duckdb::QueryNode>& query, const duckdb::ParserOptions& options);

}  // namespace tidemill::sql
