// The catalog: the newest snapshot for readers, and a log of changes on disk behind it.
//
// A change is visible in Get() when it is durable, never earlier (contracts B.5). Commits that
// arrive together share one fsync. `_internal` exists from the first start.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/framed_log.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/task.h"
#include "catalog/change.h"
#include "catalog/snapshot.h"

namespace tidemill::catalog {

class Catalog {
 public:
  struct Options {
    std::string directory;  // empty: memory only, nothing survives
    model::Limits limits;
    std::size_t queue_changes_max = 10'000;   // more waiting: kUnavailable
    std::uint64_t fold_log_bytes = 16 << 20;  // the log is folded into a snapshot above this
  };
  using SnapshotPtr = std::shared_ptr<const Snapshot>;

  // Reads the log (a torn tail is cut and reported; damage refuses with file and offset).
  static Result<std::unique_ptr<Catalog>> Open(FileSystem& fs, Random& random, Options options);
  // The newest snapshot of a catalog that no server has open; changes nothing. `torn_bytes`: of a
  // change at the end that was never confirmed. Error: kNotFound when there is none; as Open.
  static Result<SnapshotPtr> Read(FileSystem& fs, const std::string& directory,
                                  std::uint64_t* torn_bytes);
  ~Catalog();

  SnapshotPtr Get() const EXCLUDES_LOCK(mutex_);
  // Completes on the committer's thread with a snapshot that holds the change, once it is durable;
  // or with the error of Apply. kUnavailable: no space for the log, too many are waiting, or the
  // catalog has stopped; nothing has happened. When the disk fails, the changes of that step end
  // with kOutcomeUnknown (they may be there after a restart), and all further ones are refused
  // (kIo) until then.
  Completion<Result<SnapshotPtr>> Commit(Change change) EXCLUDES_LOCK(mutex_);
  // Commits what is queued and stops; safe twice.
  void Stop() EXCLUDES_LOCK(mutex_);
  const model::Limits& limits() const { return options_.limits; }
  // Of the log, for messages; in memory mode there is none.
  std::string path() const;

 private:
  struct Waiting {
    Change change;
    Completion<Result<SnapshotPtr>> done;
  };
  explicit Catalog(Options options);
  Status OpenLog(FileSystem& fs, Random& random);
  void CommitLoop() EXCLUDES_LOCK(mutex_);
  // Empty: the catalog has stopped.
  std::vector<Waiting> TakeQueue() EXCLUDES_LOCK(mutex_);
  void CommitGroup(std::vector<Waiting> group) EXCLUDES_LOCK(mutex_);
  Status Persist(const std::vector<std::string>& payloads) EXCLUDES_LOCK(mutex_);
  void FoldIfLarge(const Snapshot& snapshot) EXCLUDES_LOCK(mutex_);
  void Fail(const Error& error) EXCLUDES_LOCK(mutex_);

  const Options options_;
  std::unique_ptr<FramedLog> log_;  // nullptr in memory mode; the committer's alone
  std::uint64_t fold_above_bytes_ = 0;
  mutable Mutex mutex_;
  CondVar wake_;
  SnapshotPtr snapshot_ GUARDED_BY(mutex_);
  std::vector<Waiting> queue_ GUARDED_BY(mutex_);
  Status failure_ GUARDED_BY(mutex_) = Ok();
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread committer_;
};

}  // namespace tidemill::catalog
