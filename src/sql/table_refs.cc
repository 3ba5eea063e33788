#include "sql/table_refs.h"

#include <algorithm>
#include <utility>

#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/comparison_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/star_expression.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/query_node/set_operation_node.hpp"
#include "duckdb/parser/tableref/subqueryref.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"
#include "model/schema.h"
#include "sql/buffer_scan.h"
#include "sql/parquet_scan.h"
#include "sql/value_scan.h"

namespace tidemill::sql {
namespace {

using duckdb::make_uniq;
using duckdb::TableRef;
using duckdb::unique_ptr;
using duckdb::Value;

unique_ptr<TableRef> Call(const char* function, Value argument) {
  duckdb::vector<unique_ptr<duckdb::ParsedExpression>> arguments;
  arguments.push_back(make_uniq<duckdb::ConstantExpression>(std::move(argument)));
  auto reference = make_uniq<duckdb::TableFunctionRef>();
  reference->function = make_uniq<duckdb::FunctionExpression>(function, std::move(arguments));
  return reference;
}

unique_ptr<TableRef> ScanFiles(std::size_t number) {
  return Call(kParquetScan, Value(std::to_string(number)));
}
unique_ptr<TableRef> ScanBuffer(std::size_t number) {
  return Call(kBufferScan, Value::UBIGINT(number));
}

unique_ptr<duckdb::SelectNode> SelectAll(unique_ptr<TableRef> from) {
  auto node = make_uniq<duckdb::SelectNode>();
  node->select_list.push_back(make_uniq<duckdb::StarExpression>());
  node->from_table = std::move(from);
  return node;
}

unique_ptr<TableRef> AsSubquery(unique_ptr<duckdb::QueryNode> node) {
  auto statement = make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(node);
  return make_uniq<duckdb::SubqueryRef>(std::move(statement));
}

// Files are cut off row by row only when one of them has rows on both sides.
bool NeedsCutoff(const StoredTable& table) {
  return std::ranges::any_of(table.files, [&](const ParquetFile& file) {
    return file.min_time < table.cutoff && file.max_time >= table.cutoff;
  });
}

unique_ptr<duckdb::SelectNode> SelectFiles(const StoredTable& table, std::size_t number) {
  auto node = SelectAll(ScanFiles(number));
  if (NeedsCutoff(table)) {
    node->where_clause = make_uniq<duckdb::ComparisonExpression>(
        duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO,
        make_uniq<duckdb::ColumnRefExpression>(std::string(model::kTimeColumnName)),
        make_uniq<duckdb::ConstantExpression>(
            Value::TIMESTAMPNS(duckdb::timestamp_ns_t(table.cutoff.nanos()))));
  }
  return node;
}

unique_ptr<TableRef> MakeStoredScan(const StoredTable& table, std::size_t number) {
  if (table.files.empty()) return ScanBuffer(number);
  if (table.chunks.empty()) {
    return NeedsCutoff(table) ? AsSubquery(SelectFiles(table, number)) : ScanFiles(number);
  }
  auto both = make_uniq<duckdb::SetOperationNode>();
  both->setop_type = duckdb::SetOperationType::UNION;
  both->setop_all = true;
  both->left = SelectFiles(table, number);
  both->right = SelectAll(ScanBuffer(number));
  return AsSubquery(std::move(both));
}

}  // namespace

unique_ptr<TableRef> MakeScan(const ScanTable& table, std::size_t number) {
  if (table.is_stored()) return MakeStoredScan(table.stored(), number);
  return Call(kValueScan, Value::UBIGINT(number));
}

}  // namespace tidemill::sql
