#include "sql/column_names.h"

#include <string>
#include <utility>

#include "duckdb/parser/expression/list.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/list.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/list.hpp"

namespace tidemill::sql {
namespace {

using duckdb::ExpressionClass;
using duckdb::ParsedExpression;
using duckdb::TableRef;
using Owned = duckdb::unique_ptr<ParsedExpression>;

// The one relation bare columns come from; empty where there are several or none.
std::string OnlyRelation(const TableRef& from) {
  if (!from.alias.empty()) return from.alias;
  if (from.type != duckdb::TableReferenceType::BASE_TABLE) return {};
  return from.Cast<duckdb::BaseTableRef>().table_name;
}

std::string OutputName(const ParsedExpression& expression, const std::string& relation) {
  if (expression.GetExpressionClass() == ExpressionClass::COLUMN_REF) {
    const auto& column = expression.Cast<duckdb::ColumnRefExpression>();
    if (column.IsQualified()) return column.GetTableName() + "." + column.GetColumnName();
    return relation.empty() ? column.GetColumnName() : relation + "." + column.GetColumnName();
  }
  if (expression.GetExpressionType() == duckdb::ExpressionType::ARRAY_EXTRACT) {
    const auto& children = expression.Cast<duckdb::OperatorExpression>().children;
    if (children[1]->GetExpressionClass() == ExpressionClass::CONSTANT) {
      return OutputName(*children[0], relation) + "[" +
             children[1]->Cast<duckdb::ConstantExpression>().value.ToString() + "]";
    }
  }
  if (expression.GetExpressionClass() == ExpressionClass::FUNCTION) {
    const auto& call = expression.Cast<duckdb::FunctionExpression>();
    if (call.function_name == "count_star") return "count(*)";
    if (!call.is_operator && call.filter == nullptr &&
        (call.order_bys == nullptr || call.order_bys->orders.empty())) {
      std::string arguments;
      for (const Owned& child : call.children) {
        if (!arguments.empty()) arguments += ",";
        arguments += OutputName(*child, relation);
      }
      return call.function_name + "(" + (call.distinct ? "DISTINCT " : "") + arguments + ")";
    }
  }
  return expression.ToString();
}

class Renamer {
 public:
  explicit Renamer(const Names& names) : names_(names) {}

  void Rename(duckdb::QueryNode& node) {
    RenameCteColumns(node);
    duckdb::ParsedExpressionIterator::EnumerateQueryNodeChildren(
        node, [&](Owned& child) { RenameIn(*child); },
        [&](TableRef& reference) { RenameIn(reference); });
  }

 private:
  template <typename Strings>
  void RenameAll(Strings& list) {
    for (std::string& name : list) name = names_.Inner(name);
  }

  // WITH cte(a, b) AS …
  void RenameCteColumns(duckdb::QueryNode& node) {
    for (auto& [name, cte] : node.cte_map.map) RenameAll(cte->aliases);
    if (node.type == duckdb::QueryNodeType::CTE_NODE) {
      RenameAll(node.Cast<duckdb::CTENode>().aliases);
    } else if (node.type == duckdb::QueryNodeType::RECURSIVE_CTE_NODE) {
      RenameAll(node.Cast<duckdb::RecursiveCTENode>().aliases);
    }
  }

  void RenameIn(ParsedExpression& expression) {
    if (expression.HasAlias()) expression.SetAlias(names_.Inner(expression.GetAlias()));
    switch (expression.GetExpressionClass()) {
      case ExpressionClass::COLUMN_REF: {
        auto& path = expression.Cast<duckdb::ColumnRefExpression>().column_names;
        path.back() = names_.Inner(path.back());
        break;
      }
      case ExpressionClass::STAR: RenameStar(expression.Cast<duckdb::StarExpression>()); break;
      case ExpressionClass::SUBQUERY:
        Rename(*expression.Cast<duckdb::SubqueryExpression>().subquery->node);
        break;
      default: break;
    }
    duckdb::ParsedExpressionIterator::EnumerateChildren(expression,
                                                        [&](Owned& child) { RenameIn(*child); });
  }

  // SELECT * EXCLUDE (a) REPLACE (x AS b) RENAME (c AS d)
  void RenameStar(duckdb::StarExpression& star) {
    duckdb::qualified_column_set_t excluded;
    for (duckdb::QualifiedColumnName column : star.exclude_list) {
      column.column = names_.Inner(column.column);
      excluded.insert(std::move(column));
    }
    star.exclude_list = std::move(excluded);
    duckdb::case_insensitive_map_t<Owned> replaced;
    for (auto& [name, value] : star.replace_list) {
      replaced.emplace(names_.Inner(name), std::move(value));
    }
    star.replace_list = std::move(replaced);
    duckdb::qualified_column_map_t<std::string> renamed;
    for (auto& [column, name] : star.rename_list) {
      duckdb::QualifiedColumnName inner = column;
      inner.column = names_.Inner(inner.column);
      renamed.emplace(std::move(inner), names_.Inner(name));
    }
    star.rename_list = std::move(renamed);
  }

  void RenameIn(TableRef& reference) {
    RenameAll(reference.column_name_alias);
    if (reference.type == duckdb::TableReferenceType::JOIN) {
      RenameAll(reference.Cast<duckdb::JoinRef>().using_columns);
    } else if (reference.type == duckdb::TableReferenceType::SUBQUERY) {
      RenameCteColumns(*reference.Cast<duckdb::SubqueryRef>().subquery->node);
    }
  }

  const Names& names_;
};

}  // namespace

void NameOutputs(duckdb::SelectNode& select) {
  const std::string relation =
      select.from_table == nullptr ? std::string() : OnlyRelation(*select.from_table);
  for (Owned& expression : select.select_list) {
    const ExpressionClass kind = expression->GetExpressionClass();
    if (expression->HasAlias() || kind == ExpressionClass::COLUMN_REF ||
        kind == ExpressionClass::STAR) {
      continue;
    }
    // COLUMNS(…) inside an expression makes one output per column, each with its own name.
    bool has_star = false;
    duckdb::ParsedExpressionIterator::VisitExpression<duckdb::StarExpression>(
        *expression, [&](const duckdb::StarExpression&) { has_star = true; });
    if (!has_star) expression->SetAlias(OutputName(*expression, relation));
  }
}

void RenameColumns(duckdb::QueryNode& query, const Names& names) {
  if (!names.IsPlain()) Renamer(names).Rename(query);
}

}  // namespace tidemill::sql
