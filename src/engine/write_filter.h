// Which writes a data-write trigger is called for. One rule, used when a write wakes triggers and
// again when a batch is read from the log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/ids.h"
#include "model/trigger.h"
#include "wal/records.h"

namespace tidemill::engine {

class WriteFilter {
 public:
  // `trigger` is one on data writes. Writes `depth_max` triggers away from a client are stored but
  // reach no trigger (contracts G.6).
  WriteFilter(const model::Trigger& trigger, std::uint8_t depth_max);

  // The database is the trigger's, the write is not its own and not too deep.
  bool TakesWrite(const wal::RowsRecord& write) const {
    return write.database == database_ && write.origin != trigger_ && write.depth < depth_max_;
  }
  bool TakesTable(std::string_view name) const { return all_tables_ || name == table_; }
  DatabaseId database() const { return database_; }

 private:
  TriggerId trigger_;
  DatabaseId database_;
  bool all_tables_ = false;
  std::string table_;
  std::uint8_t depth_max_ = 0;
};

// Calls `visit` for each write in `record`: a client's, or the outputs of a run. Carried rows were
// delivered under their own sequence already and are not visited.
template <typename Visit>
void ForEachWrite(const wal::Record& record, Visit visit) {
  if (const auto* rows = std::get_if<wal::RowsRecord>(&record)) {
    visit(*rows);
  } else if (const auto* commit = std::get_if<wal::RunCommit>(&record)) {
    for (const wal::RowsRecord& output : commit->outputs) visit(output);
  }
}

}  // namespace tidemill::engine
