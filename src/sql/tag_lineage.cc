#include "sql/tag_lineage.h"

#include <unordered_map>

#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"
#include "sql/buffer_scan.h"
#include "sql/parquet_scan.h"
#include "sql/query_tables.h"
#include "sql/value_scan.h"

namespace tidemill::sql {
namespace {

using duckdb::ColumnBinding;
using duckdb::idx_t;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

class Lineage {
 public:
  Lineage(const QueryTables& tables, LogicalOperator& plan) : tables_(tables) { Collect(plan); }

  bool IsTag(const ColumnBinding& binding) const {
    const auto found = operators_.find(binding.table_index);
    if (found == operators_.end()) return false;
    LogicalOperator& op = *found->second;
    switch (op.type) {
      case LogicalOperatorType::LOGICAL_GET:
        return IsTag(op.Cast<duckdb::LogicalGet>(), binding.column_index);
      case LogicalOperatorType::LOGICAL_PROJECTION:
        return IsTag(*op.expressions[binding.column_index]);
      case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY: {
        const auto& aggregate = op.Cast<duckdb::LogicalAggregate>();
        return binding.table_index == aggregate.group_index &&
               IsTag(*aggregate.groups[binding.column_index]);
      }
      case LogicalOperatorType::LOGICAL_UNION:
      case LogicalOperatorType::LOGICAL_EXCEPT:
      case LogicalOperatorType::LOGICAL_INTERSECT: {
        for (auto& child : op.children) {
          if (!IsTag(child->GetColumnBindings()[binding.column_index])) return false;
        }
        return true;
      }
      default: return false;
    }
  }

 private:
  void Collect(LogicalOperator& op) {
    for (const idx_t index : op.GetTableIndex()) operators_[index] = &op;
    for (auto& child : op.children) Collect(*child);
  }

  bool IsTag(const duckdb::Expression& expression) const {
    return expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF &&
           IsTag(expression.Cast<duckdb::BoundColumnRefExpression>().binding);
  }

  bool IsTag(const duckdb::LogicalGet& get, idx_t column) const {
    const std::string& name = get.function.name;
    if (name != kBufferScan && name != kParquetScan && name != kValueScan) return false;
    const auto number = get.parameters.front().DefaultCastAs(duckdb::LogicalType::UBIGINT);
    const ScanTable& table = tables_.table(number.GetValue<std::uint64_t>());
    const auto& ids = get.GetColumnIds();
    if (column >= ids.size() || ids[column].GetPrimaryIndex() >= table.columns.size()) return false;
    return table.columns[ids[column].GetPrimaryIndex()].is_tag;
  }

  const QueryTables& tables_;
  std::unordered_map<idx_t, LogicalOperator*> operators_;
};

// Called with the bound plan, before anything is moved in it.
void LookAtPlan(duckdb::OptimizerExtensionInput& input, duckdb::unique_ptr<LogicalOperator>& plan) {
  const auto tables = QueryTables::Of(input.context);
  if (tables == nullptr) return;
  const Lineage lineage(*tables, *plan);
  std::vector<bool> tags;
  for (const ColumnBinding& binding : plan->GetColumnBindings()) {
    tags.push_back(lineage.IsTag(binding));
  }
  tables->set_tag_outputs(std::move(tags));
}

}  // namespace

void WatchTags(duckdb::DBConfig& config) {
  duckdb::OptimizerExtension extension;
  extension.pre_optimize_function = LookAtPlan;
  config.optimizer_extensions.push_back(std::move(extension));
}

}  // namespace tidemill::sql
