#include "sql/plan_watch.h"

#include <utility>
#include <vector>

#include "duckdb/optimizer/optimizer_extension.hpp"
#include "sql/column_lineage.h"
#include "sql/query_tables.h"
#include "sql/top_n.h"

namespace tidemill::sql {
namespace {

using Plan = duckdb::unique_ptr<duckdb::LogicalOperator>;

void BeforeOptimising(duckdb::OptimizerExtensionInput& input, Plan& plan) {
  const auto tables = QueryTables::Of(input.context);
  if (tables == nullptr) return;
  const ColumnLineage lineage(*tables, *plan);
  std::vector<bool> tags;
  for (const duckdb::ColumnBinding& binding : plan->GetColumnBindings()) {
    tags.push_back(lineage.All(binding, [](const ScanColumn& column) { return column.is_tag; }));
  }
  tables->set_tag_outputs(std::move(tags));
  OrderNullsLast(*tables, *plan);
}

void AfterOptimising(duckdb::OptimizerExtensionInput& input, Plan& plan) {
  const auto tables = QueryTables::Of(input.context);
  if (tables != nullptr) BoundScans(*tables, *plan);
}

}  // namespace

void WatchPlans(duckdb::DBConfig& config) {
  duckdb::OptimizerExtension extension;
  extension.pre_optimize_function = BeforeOptimising;
  extension.optimize_function = AfterOptimising;
  config.optimizer_extensions.push_back(std::move(extension));
}

}  // namespace tidemill::sql
