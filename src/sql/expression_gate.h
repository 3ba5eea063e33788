// Checks and rewrites the expressions of a parsed statement, one by one.
//
// Functions must be allowed (sql/allowed_functions.h) and get their inner names; parameters become
// constants; now() becomes the start of the query; literals get the types users expect. What is
// refused is thrown as Refused, which only the gate catches.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "base/result.h"
#include "base/timestamp.h"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parsed_expression.hpp"
#include "duckdb/parser/query_node.hpp"
#include "sql/engine.h"
#include "sql/query_tables.h"

namespace tidemill::sql {

// The gate's inner exception: never leaves Gate::Check.
struct Refused {
  Error error;
};
[[noreturn]] void Refuse(std::string message);

class ExpressionGate {
 public:
  // `walk_query` takes the query of a subquery.
  using WalkQuery = std::function<void(duckdb::unique_ptr<duckdb::QueryNode>& query)>;
  using Owned = duckdb::unique_ptr<duckdb::ParsedExpression>;

  ExpressionGate(const Statement& statement, Timestamp now) : statement_(statement), now_(now) {}

  void Walk(Owned& expression, const WalkQuery& walk_query);

  // A column of one of the statement's tables: its name is never a keyword like current_date.
  void AddColumn(const ScanColumn& column);
  // Schemas that tables were named with, which columns may repeat: iox.cpu.usage.
  void AddSchema(const std::string& name) { schemas_.insert(name); }

 private:
  void WalkChildren(duckdb::ParsedExpression& expression, const WalkQuery& walk_query);
  Owned RewriteCall(duckdb::FunctionExpression& call);
  Owned RewriteColumn(duckdb::ColumnRefExpression& column);
  Owned ParameterValue(const std::string& name) const;
  Owned Now() const;
  Owned Today() const;

  const Statement& statement_;
  const Timestamp now_;
  std::set<std::string, std::less<>> columns_;
  std::set<std::string, std::less<>> schemas_;
  bool has_time_ = false;  // `time` is a timestamp here
};

}  // namespace tidemill::sql
