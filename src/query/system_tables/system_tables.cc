#include "query/system_tables/system_tables.h"

namespace tidemill::query {

std::vector<std::unique_ptr<SystemTable>> MakeSystemTables(const QueryLog& log,
                                                           const catalog::Catalog& catalog,
                                                           storage::Storage& storage) {
  std::vector<std::unique_ptr<SystemTable>> tables;
  tables.push_back(MakeQueriesTable(log));
  tables.push_back(MakeParquetFilesTable(catalog, storage));
  tables.push_back(MakeInfluxdbSchemaTable(catalog));
  tables.push_back(MakeDatabasesTable(catalog));
  tables.push_back(MakeTablesTable(catalog));
  return tables;
}

}  // namespace tidemill::query
