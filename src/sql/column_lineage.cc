#include "sql/column_lineage.h"

#include <string>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "sql/buffer_scan.h"
#include "sql/merge_scan.h"
#include "sql/parquet_scan.h"
#include "sql/value_scan.h"

namespace tidemill::sql {

using duckdb::ColumnBinding;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

const ScanColumn* ScannedColumn(const QueryTables& tables, const duckdb::LogicalGet& scan,
                                duckdb::idx_t column) {
  const std::string& name = scan.function.name;
  if (name != kBufferScan && name != kParquetScan && name != kMergeScan && name != kValueScan) {
    return nullptr;
  }
  const auto number = scan.parameters.front().DefaultCastAs(duckdb::LogicalType::UBIGINT);
  const ScanTable& table = tables.table(number.GetValue<std::uint64_t>());
  const auto& ids = scan.GetColumnIds();
  if (column >= ids.size()) return nullptr;
  const duckdb::idx_t id = ids[column].GetPrimaryIndex();
  return id < table.columns.size() ? &table.columns[id] : nullptr;
}

ColumnLineage::ColumnLineage(const QueryTables& tables, LogicalOperator& plan) : tables_(tables) {
  Collect(plan);
}

void ColumnLineage::Collect(LogicalOperator& op) {
  for (const duckdb::idx_t index : op.GetTableIndex()) operators_[index] = &op;
  for (auto& child : op.children) Collect(*child);
}

bool ColumnLineage::All(const ColumnBinding& binding,
                        const std::function<bool(const ScanColumn&)>& is_wanted) const {
  const auto found = operators_.find(binding.table_index);
  if (found == operators_.end()) return false;
  LogicalOperator& op = *found->second;
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_GET: {
      const ScanColumn* column =
          ScannedColumn(tables_, op.Cast<duckdb::LogicalGet>(), binding.column_index);
      return column != nullptr && is_wanted(*column);
    }
    case LogicalOperatorType::LOGICAL_PROJECTION:
      return All(*op.expressions[binding.column_index], is_wanted);
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY: {
      const auto& aggregate = op.Cast<duckdb::LogicalAggregate>();
      return binding.table_index == aggregate.group_index &&
             All(*aggregate.groups[binding.column_index], is_wanted);
    }
    case LogicalOperatorType::LOGICAL_UNION:
    case LogicalOperatorType::LOGICAL_EXCEPT:
    case LogicalOperatorType::LOGICAL_INTERSECT:
      for (auto& child : op.children) {
        if (!All(child->GetColumnBindings()[binding.column_index], is_wanted)) return false;
      }
      return true;
    default: return false;
  }
}

bool ColumnLineage::All(const duckdb::Expression& expression,
                        const std::function<bool(const ScanColumn&)>& is_wanted) const {
  return expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF &&
         All(expression.Cast<duckdb::BoundColumnRefExpression>().binding, is_wanted);
}

}  // namespace tidemill::sql
