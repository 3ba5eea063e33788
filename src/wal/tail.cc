#include "wal/tail.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace tidemill::wal {

void Tail::Publish(GroupPtr group, std::size_t bytes, bool has_readers) {
  const std::size_t bytes_max = has_readers ? bytes_max_ : 0;
  std::vector<GroupPtr> leaving;  // freed behind the lock
  MutexLock lock(mutex_);
  CHECK(group->first > durable_) << "WAL groups published out of order";
  durable_ = group->last;
  bytes_ += bytes;
  groups_.push_back({std::move(group), bytes});
  while (bytes_ > bytes_max && groups_.size() > 1) {
    bytes_ -= groups_.front().bytes;
    dropped_ = groups_.front().group->last;
    leaving.push_back(std::move(groups_.front().group));
    groups_.pop_front();
  }
}

Sequence Tail::durable() const {
  MutexLock lock(mutex_);
  return durable_;
}

std::optional<std::vector<CommittedRecord>> Tail::Read(Sequence after,
                                                       std::size_t bytes_max) const {
  const auto groups = GroupsAfter(after, bytes_max);
  if (!groups) return std::nullopt;
  std::vector<CommittedRecord> records;
  std::size_t bytes = 0;
  for (const GroupPtr& group : *groups) {
    auto record = std::ranges::upper_bound(group->records, after, {}, &CommittedRecord::sequence);
    for (; record != group->records.end(); ++record) {
      if (!records.empty() && bytes + record->bytes > bytes_max) return records;
      bytes += record->bytes;
      records.push_back(*record);
    }
  }
  return records;
}

std::optional<std::vector<GroupPtr>> Tail::GroupsAfter(Sequence after,
                                                       std::size_t bytes_max) const {
  MutexLock lock(mutex_);
  if (after < dropped_) return std::nullopt;
  auto entry =
      std::ranges::upper_bound(groups_, after, {}, [](const Entry& e) { return e.group->last; });
  std::vector<GroupPtr> groups;
  // The first may hold only its last record behind `after`: it does not count.
  for (std::size_t bytes = 0; entry != groups_.end() && bytes <= bytes_max; ++entry) {
    if (!groups.empty()) bytes += entry->bytes;
    groups.push_back(entry->group);
  }
  return groups;
}

}  // namespace tidemill::wal
