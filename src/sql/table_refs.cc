#include "sql/table_refs.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/comparison_expression.hpp"
#include "duckdb/parser/expression/conjunction_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/star_expression.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/query_node/set_operation_node.hpp"
#include "duckdb/parser/tableref/subqueryref.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"
#include "model/schema.h"
#include "sql/buffer_scan.h"
#include "sql/merge_scan.h"
#include "sql/merge_slabs.h"
#include "sql/parquet_scan.h"
#include "sql/value_scan.h"

namespace tidemill::sql {
namespace {

using duckdb::ExpressionType;
using duckdb::make_uniq;
using duckdb::ParsedExpression;
using duckdb::TableRef;
using duckdb::unique_ptr;
using duckdb::Value;

unique_ptr<TableRef> Call(const char* function, Value argument) {
  duckdb::vector<unique_ptr<ParsedExpression>> arguments;
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

unique_ptr<ParsedExpression> CompareTime(ExpressionType comparison, std::int64_t nanos) {
  return make_uniq<duckdb::ComparisonExpression>(
      comparison, make_uniq<duckdb::ColumnRefExpression>(std::string(model::kTimeColumnName)),
      make_uniq<duckdb::ConstantExpression>(Value::TIMESTAMPNS(duckdb::timestamp_ns_t(nanos))));
}

void AddCondition(unique_ptr<ParsedExpression> condition, duckdb::SelectNode& node) {
  if (node.where_clause != nullptr) {
    condition = make_uniq<duckdb::ConjunctionExpression>(
        ExpressionType::CONJUNCTION_AND, std::move(node.where_clause), std::move(condition));
  }
  node.where_clause = std::move(condition);
}

// The rows in slabs come from the merge.
void LeaveOut(const std::vector<TimeRange>& slabs, duckdb::SelectNode& node) {
  for (const TimeRange& slab : slabs) {
    AddCondition(
        make_uniq<duckdb::ConjunctionExpression>(
            ExpressionType::CONJUNCTION_OR, CompareTime(ExpressionType::COMPARE_LESSTHAN, slab.min),
            CompareTime(ExpressionType::COMPARE_GREATERTHAN, slab.max)),
        node);
  }
}

// What MakeStoredScan unites: scans of all rows or, with a condition, of some.
using Parts = std::vector<unique_ptr<duckdb::SelectNode>>;

void AddFiles(const StoredTable& table, std::size_t number, const std::vector<TimeRange>& slabs,
              Parts& parts) {
  if (std::ranges::all_of(table.files, [&](const ParquetFile& file) {
        return IsInside(slabs, file.min_time.nanos(), file.max_time.nanos());
      })) {
    return;
  }
  auto node = SelectAll(ScanFiles(number));
  if (NeedsCutoff(table)) {
    AddCondition(CompareTime(ExpressionType::COMPARE_GREATERTHANOREQUALTO, table.cutoff.nanos()),
                 *node);
  }
  LeaveOut(slabs, *node);
  parts.push_back(std::move(node));
}

void AddBuffer(const StoredTable& table, std::size_t number, const std::vector<TimeRange>& slabs,
               Parts& parts) {
  if (std::ranges::all_of(table.chunks, [&](const columnar::ChunkSlice& chunk) {
        return IsInside(slabs, chunk.min_time, chunk.max_time);
      })) {
    return;
  }
  auto node = SelectAll(ScanBuffer(number));
  LeaveOut(slabs, *node);
  parts.push_back(std::move(node));
}

unique_ptr<TableRef> Unite(Parts parts) {
  if (parts.size() == 1 && parts.front()->where_clause == nullptr) {
    return std::move(parts.front()->from_table);
  }
  unique_ptr<duckdb::QueryNode> all = std::move(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    auto both = make_uniq<duckdb::SetOperationNode>();
    both->setop_type = duckdb::SetOperationType::UNION;
    both->setop_all = true;
    both->left = std::move(all);
    both->right = std::move(parts[i]);
    all = std::move(both);
  }
  return AsSubquery(std::move(all));
}

unique_ptr<TableRef> MakeStoredScan(const StoredTable& table, std::size_t number) {
  const std::vector<TimeRange> slabs = MergeSlabs(table);
  Parts parts;
  AddFiles(table, number, slabs, parts);
  AddBuffer(table, number, slabs, parts);
  if (!slabs.empty()) parts.push_back(SelectAll(Call(kMergeScan, Value::UBIGINT(number))));
  if (parts.empty()) return ScanBuffer(number);  // of nothing
  return Unite(std::move(parts));
}

}  // namespace

unique_ptr<TableRef> MakeScan(const ScanTable& table, std::size_t number) {
  if (table.is_stored()) return MakeStoredScan(table.stored(), number);
  return Call(kValueScan, Value::UBIGINT(number));
}

}  // namespace tidemill::sql
