// What users may say: one SELECT or EXPLAIN over tables the resolver gives and allowed functions.
//
// Walks the parsed tree with the scopes of its CTEs and replaces every table name by a scan of the
// pinned table, so that nothing is left for DuckDB to look up in its own catalog.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/timestamp.h"
#include "duckdb/main/client_context.hpp"
#include "duckdb/parser/sql_statement.hpp"
#include "sql/engine.h"
#include "sql/query_tables.h"

namespace tidemill::sql {

struct GatedStatement {
  duckdb::unique_ptr<duckdb::SQLStatement> statement;
  bool is_explain = false;
};

// `text` is folded, and not SHOW or DESCRIBE any more. Every table it names is added to `tables`.
// Errors: kInvalid with the place in the text; what the resolver says, as it is.
Result<GatedStatement> PassGate(std::string_view text, const Statement& statement,
                                NameResolver& resolver, Timestamp now,
                                duckdb::ClientContext& context, QueryTables& tables);

}  // namespace tidemill::sql
