// system.wal: the files of the write-ahead log, and what still needs each of them.
#pragma once

#include <memory>

#include "catalog/catalog.h"
#include "query/system_table.h"
#include "storage/storage.h"
#include "wal/wal.h"

namespace tidemill::app {

// What is referred to must outlive the table.
std::unique_ptr<query::SystemTable> MakeWalTable(const catalog::Catalog& catalog,
                                                 const storage::Storage& storage,
                                                 const wal::Wal& wal);

}  // namespace tidemill::app
