#include "query/sources.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/status_macros.h"
#include "query/information_schema.h"
#include "query/stored_table.h"

namespace tidemill::query {

Sources::Sources(storage::View view, catalog::Catalog::SnapshotPtr catalog,
                 const catalog::Database& database, std::vector<SystemTable*> system_tables)
    : view_(std::move(view)),
      catalog_(std::move(catalog)),
      database_(database),
      system_tables_(std::move(system_tables)) {}

Result<sql::ResolvedTable> Sources::Resolve(std::string_view schema, std::string_view name) {
  if (schema.empty() || schema == kUserSchema) return ResolveStored(name);
  if (schema == kSystemSchema) return ResolveSystem(name);
  if (schema == kInformationSchema) {
    TRY_ASSIGN(sql::ValueTable table, MakeInformationSchema(name, database_, system_tables_));
    return sql::ResolvedTable{std::move(table), ""};
  }
  return NotFoundError(fmt::format(
      "table '{}.{}.{}' not found: schema '{}' does not exist, expected {}, {} or {}", kCatalogName,
      schema, name, schema, kUserSchema, kSystemSchema, kInformationSchema));
}

Result<sql::ResolvedTable> Sources::ResolveStored(std::string_view name) {
  const auto found = database_.tables.find(name);
  if (found == database_.tables.end()) {
    std::vector<std::string> names;
    for (const auto& [known, table] : database_.tables) names.push_back(known);
    return TableNotFound(kUserSchema, name, names);
  }
  const catalog::Table& table = *found->second;
  sql::StoredTable stored = MakeStoredTable(database_.name, table, view_.Pin(table.id));
  parquet_files_ += stored.files.size();
  return sql::ResolvedTable{std::move(stored), ""};
}

Result<sql::ResolvedTable> Sources::ResolveSystem(std::string_view name) {
  std::vector<std::string> names;
  for (SystemTable* table : system_tables_) {
    if (table->name() == name) return table->Resolve(database_.name);
    names.emplace_back(table->name());
  }
  return TableNotFound(kSystemSchema, name, names);
}

}  // namespace tidemill::query
