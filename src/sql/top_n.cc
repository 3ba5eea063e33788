#include "sql/top_n.h"

#include <string>
#include <vector>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/filter/dynamic_filter.hpp"
#include "duckdb/planner/operator/logical_order.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"
#include "duckdb/planner/operator/logical_top_n.hpp"
#include "sql/buffer_scan.h"
#include "sql/column_lineage.h"

namespace tidemill::sql {
namespace {

using duckdb::BoundOrderByNode;
using duckdb::ColumnBinding;
using duckdb::Expression;
using duckdb::ExpressionType;
using duckdb::LogicalGet;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

bool FindTime(const QueryTables& tables, LogicalOperator& op, const ColumnBinding& binding,
              std::vector<LogicalGet*>& scans);

bool FindTime(const QueryTables& tables, LogicalOperator& op, const Expression& expression,
              std::vector<LogicalGet*>& scans) {
  return expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF &&
         FindTime(tables, op, expression.Cast<duckdb::BoundColumnRefExpression>().binding, scans);
}

// Adds the scans whose time column `binding` of `op` is, going down only where leaving out rows by
// that column changes nothing else. False: something else is in between.
bool FindTime(const QueryTables& tables, LogicalOperator& op, const ColumnBinding& binding,
              std::vector<LogicalGet*>& scans) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_FILTER:
      return FindTime(tables, *op.children.front(), binding, scans);
    case LogicalOperatorType::LOGICAL_PROJECTION:
      return FindTime(tables, *op.children.front(), *op.expressions[binding.column_index], scans);
    case LogicalOperatorType::LOGICAL_UNION:
      if (!op.Cast<duckdb::LogicalSetOperation>().setop_all) return false;
      for (auto& child : op.children) {
        const ColumnBinding below = child->GetColumnBindings()[binding.column_index];
        if (!FindTime(tables, *child, below, scans)) return false;
      }
      return true;
    case LogicalOperatorType::LOGICAL_GET: {
      auto& scan = op.Cast<LogicalGet>();
      const ScanColumn* column = ScannedColumn(tables, scan, binding.column_index);
      if (column == nullptr || !column->is_time) return false;
      scans.push_back(&scan);
      return true;
    }
    default: return false;
  }
}

// As DuckDB makes it: with one key, equal rows are not wanted either.
duckdb::shared_ptr<duckdb::DynamicFilterData> MakeBound(
    const duckdb::vector<BoundOrderByNode>& orders, bool newest_first) {
  const bool is_only_key = orders.size() == 1;
  const ExpressionType comparison =
      newest_first ? (is_only_key ? ExpressionType::COMPARE_GREATERTHAN
                                  : ExpressionType::COMPARE_GREATERTHANOREQUALTO)
                   : (is_only_key ? ExpressionType::COMPARE_LESSTHAN
                                  : ExpressionType::COMPARE_LESSTHANOREQUALTO);
  auto bound = duckdb::make_shared_ptr<duckdb::DynamicFilterData>();
  bound->filter = duckdb::make_uniq<duckdb::ConstantFilter>(
      comparison, duckdb::Value::MinimumValue(duckdb::LogicalType::TIMESTAMP_NS));
  return bound;
}

void BoundOne(const QueryTables& tables, duckdb::LogicalTopN& top_n) {
  std::vector<LogicalGet*> scans;
  const BoundOrderByNode& first = top_n.orders.front();
  if (!FindTime(tables, *top_n.children.front(), *first.expression, scans)) return;
  const bool newest_first = first.type == duckdb::OrderType::DESCENDING;
  for (LogicalGet* scan : scans) {
    if (scan->function.name != kBufferScan) continue;
    if (top_n.dynamic_filter == nullptr) {
      top_n.dynamic_filter = MakeBound(top_n.orders, newest_first);
    }
    scan->bind_data->Cast<BufferBindData>().bound =
        MovingBound{.data = top_n.dynamic_filter, .newest_first = newest_first};
  }
}

}  // namespace

void OrderNullsLast(const QueryTables& tables, LogicalOperator& plan) {
  if (plan.type == LogicalOperatorType::LOGICAL_ORDER_BY) {
    BoundOrderByNode& first = plan.Cast<duckdb::LogicalOrder>().orders.front();
    std::vector<LogicalGet*> scans;
    if (FindTime(tables, *plan.children.front(), *first.expression, scans)) {
      first.null_order = duckdb::OrderByNullType::NULLS_LAST;
    }
  }
  for (auto& child : plan.children) OrderNullsLast(tables, *child);
}

void BoundScans(const QueryTables& tables, LogicalOperator& plan) {
  if (plan.type == LogicalOperatorType::LOGICAL_TOP_N) {
    BoundOne(tables, plan.Cast<duckdb::LogicalTopN>());
  }
  for (auto& child : plan.children) BoundScans(tables, *child);
}

}  // namespace tidemill::sql
