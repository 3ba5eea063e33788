#include "sql/gate.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/strings.h"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/query_node/list.hpp"
#include "duckdb/parser/statement/explain_statement.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/list.hpp"
#include "sql/allowed_functions.h"
#include "sql/column_names.h"
#include "sql/duckdb_errors.h"
#include "sql/expression_gate.h"
#include "sql/gap_fill.h"
#include "sql/table_refs.h"

namespace tidemill::sql {
namespace {

using duckdb::QueryNode;
using duckdb::QueryNodeType;
using duckdb::TableRef;
using duckdb::TableReferenceType;
using duckdb::unique_ptr;
using Owned = ExpressionGate::Owned;

// Names of CTEs that can be seen; DuckDB knows them without case.
using Scope = std::set<std::string>;

unique_ptr<duckdb::SelectStatement> NothingSelected() {
  auto node = duckdb::make_uniq<duckdb::SelectNode>();
  node->select_list.push_back(duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value()));
  node->from_table = duckdb::make_uniq<duckdb::EmptyTableRef>();
  auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(node);
  return statement;
}

class Gate {
 public:
  Gate(const Statement& statement, NameResolver& resolver, Timestamp now,
       duckdb::ClientContext& context, QueryTables& tables)
      : resolver_(resolver), context_(context), tables_(tables), expressions_(statement, now) {}

  void Walk(unique_ptr<QueryNode>& owner, Scope scope) {
    QueryNode& node = *owner;
    // The parser makes a CTE_NODE of every CTE; the maps hold unbound copies, whose queries are
    // emptied so that no table name is left anywhere in the tree.
    for (auto& [name, cte] : node.cte_map.map) cte->query = NothingSelected();
    switch (node.type) {
      case QueryNodeType::SELECT_NODE: WalkSelect(node.Cast<duckdb::SelectNode>(), scope); break;
      case QueryNodeType::SET_OPERATION_NODE: {
        auto& both = node.Cast<duckdb::SetOperationNode>();
        Walk(both.left, scope);
        Walk(both.right, scope);
        break;
      }
      case QueryNodeType::RECURSIVE_CTE_NODE: {
        auto& recursive = node.Cast<duckdb::RecursiveCTENode>();
        Walk(recursive.left, scope);
        Scope with_itself = scope;
        with_itself.insert(ToLowerAscii(recursive.ctename));
        Walk(recursive.right, with_itself);
        for (Owned& key : recursive.key_targets) WalkExpression(key, scope);
        break;
      }
      case QueryNodeType::CTE_NODE: {
        auto& cte = node.Cast<duckdb::CTENode>();
        Walk(cte.query, scope);
        scope.insert(ToLowerAscii(cte.ctename));
        Walk(cte.child, scope);
        break;
      }
      case QueryNodeType::BOUND_SUBQUERY_NODE: Refuse("this statement is not supported");
    }
    duckdb::ParsedExpressionIterator::EnumerateQueryNodeModifiers(
        node, [&](Owned& expression) { WalkExpression(expression, scope); });
    if (node.type == QueryNodeType::SELECT_NODE) FillGaps(owner, context_.GetParserOptions());
  }

 private:
  void WalkSelect(duckdb::SelectNode& select, const Scope& scope) {
    WalkTable(select.from_table, scope);
    NameOutputs(select);
    for (Owned& expression : select.select_list) WalkExpression(expression, scope);
    for (Owned& expression : select.groups.group_expressions) WalkExpression(expression, scope);
    for (Owned* expression : {&select.where_clause, &select.having, &select.qualify}) {
      if (*expression != nullptr) WalkExpression(*expression, scope);
    }
  }

  void WalkExpression(Owned& expression, const Scope& scope) {
    expressions_.Walk(expression, [&](unique_ptr<QueryNode>& query) { Walk(query, scope); });
  }

  void WalkTable(unique_ptr<TableRef>& reference, const Scope& scope) {
    switch (reference->type) {
      case TableReferenceType::EMPTY_FROM: return;
      case TableReferenceType::BASE_TABLE: return WalkBaseTable(reference, scope);
      case TableReferenceType::SUBQUERY:
        return Walk(reference->Cast<duckdb::SubqueryRef>().subquery->node, scope);
      case TableReferenceType::JOIN: {
        auto& join = reference->Cast<duckdb::JoinRef>();
        WalkTable(join.left, scope);
        WalkTable(join.right, scope);
        if (join.condition != nullptr) WalkExpression(join.condition, scope);
        return;
      }
      case TableReferenceType::EXPRESSION_LIST:
        for (auto& row : reference->Cast<duckdb::ExpressionListRef>().values) {
          for (Owned& value : row) WalkExpression(value, scope);
        }
        return;
      case TableReferenceType::TABLE_FUNCTION:
        return WalkTableFunction(reference->Cast<duckdb::TableFunctionRef>(), scope);
      case TableReferenceType::PIVOT: Refuse("PIVOT is not supported");
      default: Refuse("only SELECT, SHOW TABLES, SHOW COLUMNS, DESCRIBE and EXPLAIN are supported");
    }
  }

  void WalkTableFunction(duckdb::TableFunctionRef& reference, const Scope& scope) {
    if (reference.subquery != nullptr ||
        reference.function->GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) {
      Refuse("this table function call is not supported");
    }
    auto& call = reference.function->Cast<duckdb::FunctionExpression>();
    const std::string name = ToLowerAscii(call.function_name);
    if (!IsAllowedTableFunction(name)) {
      Refuse("table function '" + name + "' is not available");
    }
    call.catalog.clear();
    call.schema.clear();
    for (Owned& argument : call.children) WalkExpression(argument, scope);
  }

  void WalkBaseTable(unique_ptr<TableRef>& reference, const Scope& scope) {
    auto& table = reference->Cast<duckdb::BaseTableRef>();
    if (table.at_clause != nullptr) Refuse("AT (VERSION …) is not supported");
    const bool is_cte =
        table.catalog_name.empty() && scope.contains(ToLowerAscii(table.table_name));
    if (is_cte && (table.schema_name.empty() || table.schema_name == "recurring")) return;
    if (!table.catalog_name.empty() && table.catalog_name != "public") {
      Refuse("table '" + table.catalog_name + "." + table.schema_name + "." + table.table_name +
             "': a query reads one database, the one it is sent to");
    }
    unique_ptr<TableRef> scan = ScanOf(table.schema_name, table.table_name);
    scan->alias = table.alias.empty() ? table.table_name : table.alias;
    scan->column_name_alias = table.column_name_alias;
    scan->sample = std::move(table.sample);
    scan->query_location = table.query_location;
    reference = std::move(scan);
  }

  // Each name is resolved once; a view over a table is parsed again for each use.
  unique_ptr<TableRef> ScanOf(const std::string& schema, const std::string& name) {
    auto known = resolved_.find({schema, name});
    if (known == resolved_.end()) {
      auto answer = resolver_.Resolve(schema, name);
      if (!answer.ok()) throw Refused{std::move(answer).error()};
      const std::size_t number = tables_.Add(std::move(answer->table));
      for (const ScanColumn& column : tables_.table(number).columns) {
        expressions_.AddColumn(column);
      }
      if (!schema.empty()) expressions_.AddSchema(schema);
      known = resolved_.emplace(std::pair(schema, name), Resolved{number, answer->view}).first;
    }
    const auto& [number, view] = known->second;
    if (view.empty()) return MakeScan(tables_.table(number), number);
    return MakeView(view, number);
  }

  // The view is text of ours over a table it calls `input`.
  unique_ptr<TableRef> MakeView(const std::string& view, std::size_t number) {
    duckdb::Parser parser(context_.GetParserOptions());
    parser.ParseQuery(view);
    auto select = duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(
        std::move(parser.statements.front()));
    auto& from = select->node->Cast<duckdb::SelectNode>().from_table;
    from = MakeScan(tables_.table(number), number);
    from->alias = "input";
    return duckdb::make_uniq<duckdb::SubqueryRef>(std::move(select));
  }

  struct Resolved {
    std::size_t number;
    std::string view;
  };

  NameResolver& resolver_;
  duckdb::ClientContext& context_;
  QueryTables& tables_;
  ExpressionGate expressions_;
  std::map<std::pair<std::string, std::string>, Resolved> resolved_;
};

// The SELECT inside the one statement; EXPLAIN has one too.
duckdb::SelectStatement& SelectOf(GatedStatement& gated) {
  if (gated.statement->type == duckdb::StatementType::EXPLAIN_STATEMENT) {
    gated.is_explain = true;
    auto& inner = *gated.statement->Cast<duckdb::ExplainStatement>().stmt;
    if (inner.type == duckdb::StatementType::SELECT_STATEMENT) {
      return inner.Cast<duckdb::SelectStatement>();
    }
  } else if (gated.statement->type == duckdb::StatementType::SELECT_STATEMENT) {
    return gated.statement->Cast<duckdb::SelectStatement>();
  }
  Refuse("only SELECT, SHOW TABLES, SHOW COLUMNS, DESCRIBE and EXPLAIN are supported");
}

}  // namespace

Result<GatedStatement> PassGate(std::string_view text, const Statement& statement,
                                NameResolver& resolver, Timestamp now,
                                duckdb::ClientContext& context, QueryTables& tables) {
  return CatchingErrors(text, [&]() -> Result<GatedStatement> {
    try {
      duckdb::Parser parser(context.GetParserOptions());
      parser.ParseQuery(std::string(text));
      if (parser.statements.size() != 1) {
        Refuse(parser.statements.empty() ? "the query is empty"
                                         : "a query is one statement, this text holds several");
      }
      GatedStatement gated{.statement = std::move(parser.statements.front())};
      duckdb::SelectStatement& select = SelectOf(gated);
      Gate(statement, resolver, now, context, tables).Walk(select.node, {});
      tables.FixNames();
      RenameColumns(*select.node, tables.names());
      gated.statement->named_param_map.clear();  // every parameter is a constant now
      return gated;
    } catch (Refused& refused) {
      return std::move(refused.error);
    }
  });
}

}  // namespace tidemill::sql
