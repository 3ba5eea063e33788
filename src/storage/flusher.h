// Moves buffered rows to files, and takes away files nobody needs: the background thread and the
// steps it shares with a flush on demand.
//
// The order of one flush is what makes a crash harmless at every point: freeze, write files, commit
// to the manifest, swap in memory, tell the log. Whoever flushes holds the turn (file_turns.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "catalog/catalog.h"
#include "observe/metrics.h"
#include "storage/data_files.h"
#include "storage/file_turns.h"
#include "storage/flush_policy.h"
#include "storage/manifest.h"
#include "storage/retention.h"
#include "storage/table_set.h"
#include "wal/wal.h"

namespace tidemill::storage {

struct FlushSummary {
  std::size_t files = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

class Flusher {
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
  Flusher(Parts parts, FlushLimits limits);
  ~Flusher();

  // The thread begins; it deletes `garbage` (objects that no manifest lists) first.
  void Start(wal::Wal& wal, std::vector<std::string> garbage);
  // There may be something to do. Does not block.
  void Wake() EXCLUDES_LOCK(mutex_);
  // Ends the thread after the flush it has in hand; safe twice.
  void Stop() EXCLUDES_LOCK(mutex_);

  // Every table with buffered rows, on the calling thread. A table that fails does not keep the
  // others from it; the first error is returned.
  Result<FlushSummary> FlushAll();
  // Files whose rows are all too old to be seen go. Returns how many.
  Result<std::size_t> DropExpired();
  // Deletes removed files that nobody reads any more. Returns how many.
  std::size_t DeleteDead() { return parts_.files.DeleteDead(); }

 private:
  void Loop();
  void Round();
  Status FlushChosen();
  Result<FlushSummary> Flush(FileTurns::Turn& turn, std::span<const TableId> tables);
  Result<FlushSummary> FlushTogether(FileTurns::Turn& turn, std::span<const TableId> tables);
  Status CommitFiles(const FileTurns::Turn& turn, const std::vector<InstalledFile>& files);
  Status LetGoOfLog(const FileTurns::Turn& turn);
  void TellWal(std::span<const InstalledFile> files);
  WalUse UseOfWal() const;
  bool IsDue(std::chrono::nanoseconds time) const;

  const Parts parts_;
  const FlushLimits limits_;
  observe::Counter& flushed_files_;
  observe::Counter& flushed_rows_;
  observe::Counter& flushed_bytes_;
  observe::Counter& failures_;
  observe::Histogram& flush_duration_;

  mutable Mutex mutex_;
  CondVar wake_;
  CondVar loop_ended_;
  bool is_woken_ GUARDED_BY(mutex_) = false;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  bool is_running_ GUARDED_BY(mutex_) = false;  // the loop is, or will be
  wal::Wal* wal_ GUARDED_BY(mutex_) = nullptr;

  // The thread's own.
  std::vector<std::string> garbage_;
  std::chrono::nanoseconds retry_delay_{0};
  std::chrono::nanoseconds retry_at_{0};
  std::chrono::nanoseconds expire_at_{0};
  std::optional<ThreadPool> thread_;  // one, below the priority of those who answer writes
};

}  // namespace tidemill::storage
