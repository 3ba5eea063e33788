// Wakes the data-write triggers that a durable group concerns, and nobody else.
//
// Runs on the WAL committer's thread: it looks tables up in an index and rings bells; reading the
// rows and running plugins is the woken trigger's business (trigger_runner.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "catalog/catalog.h"
#include "engine/write_filter.h"
#include "wal/wal.h"

namespace tidemill::engine {

// A record of the log with rows for a trigger.
struct Match {
  Sequence sequence = 0;
  std::size_t rows = 0;
  std::size_t bytes = 0;
};

class MatchListener {
 public:
  virtual ~MatchListener() = default;
  // On the committer's thread, in sequence order: memory work only.
  virtual void OnMatch(const Match& match) = 0;
};

class WriteSource {
 public:
  explicit WriteSource(const catalog::Catalog& catalog) : catalog_(catalog) {}

  // The listener is told of every match after the sequence returned; what is before it, it has to
  // look for in the log itself.
  Sequence Add(TriggerId trigger, WriteFilter filter, std::shared_ptr<MatchListener> listener)
      EXCLUDES_LOCK(mutex_);
  void Remove(TriggerId trigger) EXCLUDES_LOCK(mutex_);

  void OnCommitted(const wal::CommittedGroup& group) EXCLUDES_LOCK(mutex_);
  // Every match up to here has been told.
  Sequence told() const EXCLUDES_LOCK(mutex_);

 private:
  struct Entry {
    TriggerId trigger;
    WriteFilter filter;
    std::shared_ptr<MatchListener> listener;
  };
  using Entries = std::vector<std::shared_ptr<const Entry>>;

  void Tell(const wal::CommittedRecord& record) REQUIRES_LOCK(mutex_);
  const Entries& EntriesOf(DatabaseId database, TableId table) REQUIRES_LOCK(mutex_);

  const catalog::Catalog& catalog_;
  mutable Mutex mutex_;
  Sequence told_ GUARDED_BY(mutex_) = 0;
  std::unordered_map<DatabaseId, Entries> by_database_ GUARDED_BY(mutex_);
  // Filled when a table is first written to: a table id keeps its name for ever, so an entry is
  // right until the set of triggers changes.
  std::unordered_map<TableId, Entries> by_table_ GUARDED_BY(mutex_);
};

}  // namespace tidemill::engine
