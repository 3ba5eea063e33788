// What exists, at one moment: databases, tables, columns, triggers. Immutable; readers share it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "model/schema.h"
#include "model/trigger.h"

namespace tidemill::catalog {

struct Table {
  TableId id;
  DatabaseId database;
  std::string name;
  model::TableSchema schema;
  ColumnId next_column{2};
};

struct Database {
  DatabaseId id;
  std::string name;
  std::optional<std::chrono::nanoseconds> retention;  // nullopt: for ever
  std::map<std::string, std::shared_ptr<const Table>, std::less<>> tables;
  std::map<std::string, std::shared_ptr<const model::Trigger>, std::less<>> triggers;
};

class Snapshot {
 public:
  // Number of the last change in it; grows by one per change. WAL records name the one they need.
  std::uint64_t sequence = 0;
  std::string uuid;  // of the catalog, given once: the `cluster-uuid` of responses
  std::map<std::string, std::shared_ptr<const Database>, std::less<>> databases;
  std::uint32_t next_database = 1;
  std::uint32_t next_table = 1;
  std::uint32_t next_trigger = 1;

  // nullptr: there is none.
  const Database* FindDatabase(std::string_view name) const;
  const Database* FindDatabase(DatabaseId id) const;
  const Table* FindTable(std::string_view database, std::string_view table) const;
  std::shared_ptr<const Table> FindTable(TableId id) const;
  std::shared_ptr<const model::Trigger> FindTrigger(TriggerId id) const;
  std::shared_ptr<const model::Trigger> FindTrigger(std::string_view database,
                                                    std::string_view trigger) const;
  std::vector<std::string> DatabaseNames() const;
  std::size_t table_count() const { return tables_by_id.size(); }

  // The same objects by id; kept in step by SnapshotEditor.
  std::unordered_map<TableId, std::shared_ptr<const Table>> tables_by_id;
  std::unordered_map<DatabaseId, std::shared_ptr<const Database>> databases_by_id;
  std::unordered_map<TriggerId, std::shared_ptr<const model::Trigger>> triggers_by_id;
};

}  // namespace tidemill::catalog
