// Who may change which files there are: one at a time, because the manifest takes one edit after
// the other and what is chosen must still be there when it is committed.
#pragma once

#include <cstdint>

#include "base/mutex.h"

namespace tidemill::storage {

class FileTurns {
 public:
  // `next_file`: no file, listed or not, has this number or a higher one.
  explicit FileTurns(std::uint64_t next_file) : next_file_(next_file) {}

  // Held by whoever changes the files. The constructor waits for its turn.
  class Turn {
   public:
    explicit Turn(FileTurns& turns) : turns_(turns) {
      MutexLock lock(turns_.mutex_);
      while (turns_.is_taken_) turns_.is_free_.Wait(turns_.mutex_);
      turns_.is_taken_ = true;
    }
    ~Turn() {
      MutexLock lock(turns_.mutex_);
      turns_.is_taken_ = false;
      turns_.is_free_.NotifyOne();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // A number for a new file. No other file ever has it.
    std::uint64_t TakeNumber() { return turns_.next_file_++; }
    // For the manifest: every number below it was given out.
    std::uint64_t next_file() const { return turns_.next_file_; }

   private:
    FileTurns& turns_;
  };

 private:
  Mutex mutex_;
  CondVar is_free_;
  bool is_taken_ GUARDED_BY(mutex_) = false;
  std::uint64_t next_file_;  // of whoever has the turn
};

}  // namespace tidemill::storage
