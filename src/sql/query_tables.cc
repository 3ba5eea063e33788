#include "sql/query_tables.h"

#include <utility>

#include "sql/value_types.h"

namespace tidemill::sql {
namespace {

constexpr const char* kStateKey = "tidemill_query_tables";

std::vector<ScanColumn> ColumnsOf(const StoredTable& table) {
  std::vector<ScanColumn> columns;
  for (const model::Column& column : table.schema.Alphabetical()) {
    columns.push_back({.name = column.name,
                       .inner = column.name,
                       .type = LogicalTypeOf(column.type),
                       .id = column.id,
                       .is_tag = column.kind == model::ColumnKind::kTag,
                       .is_time = column.kind == model::ColumnKind::kTime});
  }
  return columns;
}

std::vector<ScanColumn> ColumnsOf(const ValueTable& table) {
  std::vector<ScanColumn> columns;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const columnar::ValueColumn& column = table.columns[i];
    columns.push_back({.name = column.name,
                       .inner = column.name,
                       .type = LogicalTypeOf(column.type),
                       .id = ColumnId(),
                       .value = i,
                       .is_tag = column.type.is_tag});
  }
  return columns;
}

}  // namespace

std::size_t QueryTables::Add(std::variant<StoredTable, ValueTable> table) {
  auto added = std::make_unique<ScanTable>();
  added->columns = std::visit([](const auto& kind) { return ColumnsOf(kind); }, table);
  added->table = std::move(table);
  std::vector<std::string> column_names;
  for (const ScanColumn& column : added->columns) column_names.push_back(column.name);
  names_.AddTable(column_names);
  tables_.push_back(std::move(added));
  return tables_.size() - 1;
}

void QueryTables::FixNames() {
  if (names_.IsPlain()) return;
  for (auto& table : tables_) {
    auto fixed = std::make_unique<ScanTable>(*table);
    for (ScanColumn& column : fixed->columns) column.inner = names_.Inner(column.name);
    table = std::move(fixed);
  }
}

const ScanTable& QueryTables::Find(duckdb::ClientContext& context, std::size_t number) {
  const auto tables = Of(context);
  if (tables == nullptr || number >= tables->size()) {
    throw duckdb::InternalException("no table %d in this statement", number);
  }
  return tables->table(number);
}

duckdb::shared_ptr<QueryTables> QueryTables::Of(duckdb::ClientContext& context) {
  return context.registered_state->Get<QueryTables>(kStateKey);
}

void QueryTables::Attach(duckdb::ClientContext& context, duckdb::shared_ptr<QueryTables> tables) {
  context.registered_state->Insert(kStateKey, std::move(tables));
}

void DescribeColumns(const ScanTable& table, duckdb::vector<duckdb::LogicalType>& types,
                     duckdb::vector<std::string>& names) {
  for (const ScanColumn& column : table.columns) {
    types.push_back(column.type);
    names.push_back(column.inner);
  }
}

}  // namespace tidemill::sql
