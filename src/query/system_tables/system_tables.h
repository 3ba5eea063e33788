// The system tables whose facts are known down here. One file each; a new one is added to
// MakeSystemTables.
#pragma once

#include <memory>
#include <vector>

#include "catalog/catalog.h"
#include "query/query_log.h"
#include "query/system_table.h"
#include "storage/storage.h"

namespace tidemill::query {

std::unique_ptr<SystemTable> MakeQueriesTable(const QueryLog& log);
std::unique_ptr<SystemTable> MakeParquetFilesTable(const catalog::Catalog& catalog,
                                                   storage::Storage& storage);
std::unique_ptr<SystemTable> MakeInfluxdbSchemaTable(const catalog::Catalog& catalog);
std::unique_ptr<SystemTable> MakeDatabasesTable(const catalog::Catalog& catalog);
std::unique_ptr<SystemTable> MakeTablesTable(const catalog::Catalog& catalog);

// All of the above. What is given outlives them.
std::vector<std::unique_ptr<SystemTable>> MakeSystemTables(const QueryLog& log,
                                                           const catalog::Catalog& catalog,
                                                           storage::Storage& storage);

}  // namespace tidemill::query
