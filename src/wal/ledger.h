// What keeps segments alive: where every trigger stands, and what is flushed.
//
// A fold of the records, in the order they became durable, plus what triggers and storage say in
// between. Pure memory, any thread.
//
// It holds every trigger twice. `current` is the truth now. `durable` is what a restart would find:
// a trigger that moves on without a record (NoteCaughtUp) is further only once the next segment's
// state record is written. Only what is durable lets a segment go, else a restart would look for
// records that are no longer there.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "wal/records.h"

namespace tidemill::wal {

class Ledger {
 public:
  // A durable record. Runs of a trigger that is not known (deleted meanwhile) change nothing.
  void Apply(const Record& record) EXCLUDES_LOCK(mutex_);

  void NoteCaughtUp(TriggerId trigger, Sequence low_water) EXCLUDES_LOCK(mutex_);
  void NoteFlushed(Sequence sequence) EXCLUDES_LOCK(mutex_);
  void NoteTableFlushed(TableId table, Sequence sequence) EXCLUDES_LOCK(mutex_);

  // The state record of a segment that begins now; and, when that is durable, that it is.
  SegmentState Capture(Sequence next_sequence) const EXCLUDES_LOCK(mutex_);
  void Captured(const SegmentState& state) EXCLUDES_LOCK(mutex_);

  // Lets a commit that goes on from where its trigger stands also cover the stretch that the
  // trigger was moved over without a record, so that a replay of the commit alone leads to the same
  // place.
  void CoverCaughtUp(RunCommit& commit) const EXCLUDES_LOCK(mutex_);

  std::optional<TriggerState> trigger(TriggerId trigger) const EXCLUDES_LOCK(mutex_);
  bool has_triggers() const EXCLUDES_LOCK(mutex_);
  std::vector<TriggerState> triggers() const EXCLUDES_LOCK(mutex_);
  // Everything up to here may go: flushed, and passed by every trigger, durably.
  Sequence releasable() const EXCLUDES_LOCK(mutex_);

 private:
  using States = std::map<TriggerId, TriggerState>;

  mutable Mutex mutex_;
  States current_ GUARDED_BY(mutex_);
  States durable_ GUARDED_BY(mutex_);
  Sequence flushed_ GUARDED_BY(mutex_) = 0;
  std::map<TableId, Sequence> tables_ GUARDED_BY(mutex_);  // further than flushed_
};

}  // namespace tidemill::wal
