// The files of a LocalStore: where they are, and the steps that make them durable.
//
// Temporary files stand in ".tmp" below the store's directory; what a crash leaves there is removed
// before the first write. One store writes to a directory at a time: the data directory is locked
// by whoever owns it. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/mutex.h"

namespace tidemill::objectstore {

class LocalFiles {
 public:
  LocalFiles(FileSystem& fs, std::string directory) : fs_(fs), directory_(std::move(directory)) {}

  FileSystem& fs() const { return fs_; }
  std::string PathOf(std::string_view name) const;

  // A path that no other writer has.
  Result<std::string> NewTemporary();
  // Gives the synced file at `temporary` its name, in place of what has it now; durable when it
  // returns ok.
  Status Publish(const std::string& temporary, const std::string& name);
  // Gives it that name as well, if nothing has it; else kConflict.
  Status PublishIfAbsent(const std::string& temporary, const std::string& name);
  // Best effort: what stays is removed at the next start.
  void Discard(const std::string& temporary);

 private:
  Status EnsureDirectory(const std::string& path) EXCLUDES_LOCK(mutex_);
  bool IsDurable(const std::string& path) const EXCLUDES_LOCK(mutex_);
  void RemoveLeftovers();

  FileSystem& fs_;
  const std::string directory_;
  std::atomic<std::uint64_t> next_temporary_ = 1;
  std::once_flag leftovers_removed_;
  mutable Mutex mutex_;
  std::set<std::string> durable_directories_ GUARDED_BY(mutex_);  // not looked at again
};

}  // namespace tidemill::objectstore
