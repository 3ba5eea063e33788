// The last committed groups, decoded once and shared read-only by everyone who keeps up.
//
// Also the place where a group becomes visible to readers of the log: durable() is the last group
// published here. Bounded by bytes; the newest group always stays. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "wal/wal.h"

namespace tidemill::wal {

class Tail {
 public:
  // Nothing up to `durable` is in memory: it was found on disk.
  Tail(std::size_t bytes_max, Sequence durable)
      : bytes_max_(bytes_max), dropped_(durable), durable_(durable) {}

  // `bytes`: about what the group takes in memory. Groups come in order. Not `has_readers`: nobody
  // follows the log, so only this group is kept.
  void Publish(GroupPtr group, std::size_t bytes, bool has_readers) EXCLUDES_LOCK(mutex_);
  Sequence durable() const EXCLUDES_LOCK(mutex_);

  // As Wal::Read; nullopt when records after `after` have left the memory already.
  std::optional<std::vector<CommittedRecord>> Read(Sequence after, std::size_t bytes_max) const
      EXCLUDES_LOCK(mutex_);

 private:
  struct Entry {
    GroupPtr group;
    std::size_t bytes = 0;
  };
  // The groups that hold records after `after`, oldest first, enough for `bytes_max`.
  std::optional<std::vector<GroupPtr>> GroupsAfter(Sequence after, std::size_t bytes_max) const
      EXCLUDES_LOCK(mutex_);

  const std::size_t bytes_max_;
  mutable Mutex mutex_;
  std::deque<Entry> groups_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  Sequence dropped_ GUARDED_BY(mutex_);  // the last sequence that is no longer here
  Sequence durable_ GUARDED_BY(mutex_);
};

}  // namespace tidemill::wal
