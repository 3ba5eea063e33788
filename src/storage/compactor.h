// Makes one file of several neighbours, in the background, while everything else goes on.
//
// Readers see the old files or the new one: the manifest's edit is durable first, then one new
// version of the table appears. A crash before that leaves a file that no manifest lists; after it,
// old ones. Only neighbours in the order of writing are merged: what lies between two files is
// newer than the one and older than the other, and could not be put in order any more.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "catalog/catalog.h"
#include "observe/metrics.h"
#include "storage/compaction_policy.h"
#include "storage/data_files.h"
#include "storage/file_turns.h"
#include "storage/manifest.h"
#include "storage/retention.h"
#include "storage/table_set.h"

namespace tidemill::storage {

class Compactor {
 public:
  struct Parts {
    Clock& clock;
    catalog::Catalog& catalog;
    TableSet& tables;
    DataFiles& files;
    FileTurns& turns;
    Manifest& manifest;
    Retention& retention;
    observe::Metrics& metrics;
  };
  explicit Compactor(Parts parts);
  ~Compactor();

  void Start();
  // Ends the thread; a merge in hand is given up. Safe twice.
  void Stop() EXCLUDES_LOCK(mutex_);

  // On the calling thread: these files of the table's present version become one. Errors: kInvalid
  // if they are not there, kConflict if one of them went meanwhile, kCorrupt naming the file that
  // is damaged, kCancelled by Stop.
  Status Merge(TableId table, FileRange range);

 private:
  struct Chosen {
    TableId table;
    FileRange range;
  };

  void Loop();
  void Round();
  std::optional<Chosen> Choose() const;
  Status Install(const FileList& old_files, FileEntry merged);
  bool WaitForTick() EXCLUDES_LOCK(mutex_);

  const Parts parts_;
  observe::Counter& merges_;
  observe::Counter& merged_files_;
  observe::Counter& merged_bytes_;
  observe::Counter& failures_;
  observe::Histogram& duration_;

  Mutex mutex_;
  CondVar wake_;
  CondVar loop_ended_;
  bool is_running_ GUARDED_BY(mutex_) = false;
  std::atomic<bool> is_stopping_ = false;

  // The thread's own: tables whose merge failed, and when it is tried again.
  std::map<TableId, std::chrono::nanoseconds> retry_at_;
  std::optional<ThreadPool> thread_;  // one, of low priority
};

}  // namespace tidemill::storage
