#include "engine/write_source.h"

#include <algorithm>
#include <utility>

namespace tidemill::engine {

Sequence WriteSource::Add(TriggerId trigger, WriteFilter filter,
                          std::shared_ptr<MatchListener> listener) {
  const DatabaseId database = filter.database();
  MutexLock lock(mutex_);
  by_database_[database].push_back(
      std::make_shared<const Entry>(Entry{trigger, std::move(filter), std::move(listener)}));
  by_table_.clear();
  return told_;
}

void WriteSource::Remove(TriggerId trigger) {
  MutexLock lock(mutex_);
  for (auto& [database, entries] : by_database_) {
    std::erase_if(entries, [&](const auto& entry) { return entry->trigger == trigger; });
  }
  std::erase_if(by_database_, [](const auto& item) { return item.second.empty(); });
  by_table_.clear();
}

void WriteSource::OnCommitted(const wal::CommittedGroup& group) {
  MutexLock lock(mutex_);
  if (!by_database_.empty()) {
    for (const wal::CommittedRecord& record : group.records) Tell(record);
  }
  told_ = std::max(told_, group.last);
}

Sequence WriteSource::told() const {
  MutexLock lock(mutex_);
  return told_;
}

void WriteSource::Tell(const wal::CommittedRecord& record) {
  // One trigger is told once per record, however many of its tables are in it. Few triggers match
  // one record, so a list is the fastest map.
  std::vector<std::pair<MatchListener*, std::size_t>> matched;
  // Called with the lock held; clang does not follow that through the template.
  ForEachWrite(*record.record, [&](const wal::RowsRecord& write) NO_THREAD_SAFETY_ANALYSIS {
    if (!by_database_.contains(write.database)) return;
    for (const wal::TableRows& table : write.tables) {
      for (const auto& entry : EntriesOf(write.database, table.table)) {
        if (!entry->filter.TakesWrite(write) || table.rows->rows() == 0) continue;
        MatchListener* const listener = entry->listener.get();
        const auto known = std::find_if(matched.begin(), matched.end(),
                                        [&](const auto& item) { return item.first == listener; });
        if (known == matched.end()) {
          matched.emplace_back(listener, table.rows->rows());
        } else {
          known->second += table.rows->rows();
        }
      }
    }
  });
  for (const auto& [listener, rows] : matched) {
    listener->OnMatch({.sequence = record.sequence, .rows = rows, .bytes = record.bytes});
  }
}

const WriteSource::Entries& WriteSource::EntriesOf(DatabaseId database, TableId table) {
  const auto known = by_table_.find(table);
  if (known != by_table_.end()) return known->second;
  Entries entries;
  // A table that is gone already is nobody's: its rows are not delivered (batch.cc skips them too).
  if (const auto entry = catalog_.Get()->FindTable(table)) {
    for (const auto& candidate : by_database_[database]) {
      if (candidate->filter.TakesTable(entry->name)) entries.push_back(candidate);
    }
  }
  return by_table_.emplace(table, std::move(entries)).first->second;
}

}  // namespace tidemill::engine
