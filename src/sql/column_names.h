// Names in the parsed tree: what unnamed outputs are called, and inner names for colliding columns.
#pragma once

#include "duckdb/parser/query_node.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "sql/names.h"

namespace tidemill::sql {

// Gives outputs without a name the one users expect, before functions are renamed: count(*),
// avg(cpu.usage).
void NameOutputs(duckdb::SelectNode& select);

// Replaces column names by their inner names, everywhere in the query.
void RenameColumns(duckdb::QueryNode& query, const Names& names);

}  // namespace tidemill::sql
