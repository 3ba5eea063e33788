// A pinned table in the form that the SQL engine scans.
#pragma once

#include <string>

#include "catalog/snapshot.h"
#include "sql/ports.h"
#include "storage/version_map.h"

namespace tidemill::query {

// `version` stays pinned for as long as what comes back lives.
sql::StoredTable MakeStoredTable(const std::string& database, const catalog::Table& table,
                                 const storage::VersionPtr& version);

}  // namespace tidemill::query
