// Which rows are too old to be seen: one cutoff per database, from its period and the clock.
//
// A cutoff never goes back, whatever the wall clock does, unless the period is lengthened or taken
// away; the manifest keeps it across restarts (contracts D.7). Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/timestamp.h"
#include "catalog/snapshot.h"

namespace tidemill::storage {

struct RetentionCutoff {
  DatabaseId database;
  std::chrono::nanoseconds period{0};  // the cutoff was made with; 0: none any more
  Timestamp cutoff;
  bool operator==(const RetentionCutoff&) const = default;
};

class Retention {
 public:
  // What the manifest remembers.
  void Restore(const RetentionCutoff& cutoff) EXCLUDES_LOCK(mutex_);
  // Rows of `database` before this are not seen at `now`. Timestamp::Min(): all are seen.
  Timestamp CutoffAt(const catalog::Database& database, Timestamp now) EXCLUDES_LOCK(mutex_);
  // For the manifest.
  std::vector<RetentionCutoff> All() const EXCLUDES_LOCK(mutex_);

 private:
  mutable Mutex mutex_;
  std::map<DatabaseId, RetentionCutoff> cutoffs_ GUARDED_BY(mutex_);
};

}  // namespace tidemill::storage
