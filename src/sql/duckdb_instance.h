// Opens a DuckDB database in memory with the settings every engine of ours has, and shuts it off
// from the world.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "duckdb/main/database.hpp"
#include "objectstore/object_store.h"
#include "sql/object_file_system.h"

namespace tidemill::sql {

// An object store under a scheme (sql/object_names.h).
struct Mount {
  std::string_view scheme;
  objectstore::ObjectStore& store;
  ObjectFileSystem::Access access = ObjectFileSystem::Access::kRead;
};

struct InstanceOptions {
  std::uint64_t memory_bytes = 0;  // 0: DuckDB's default
  std::size_t threads = 0;         // 0: as many as cores
  std::string spill_directory;     // empty: no spilling
  bool keeps_row_order = false;    // what is read comes out in the order it stood in
  std::vector<Mount> mounts;       // all the files there are
};

// The linked library is checked first: any other version than the headers' misbehaves silently.
// Nothing is locked yet: functions are registered next, then LockDown. Its threads end with it.
Result<std::shared_ptr<duckdb::DuckDB>> OpenInstance(const InstanceOptions& options);

// No files but objects, no extensions, no further change of a setting.
Status LockDown(duckdb::DuckDB& database, const InstanceOptions& options);

}  // namespace tidemill::sql
