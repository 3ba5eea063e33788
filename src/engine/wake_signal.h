// A bell for one coroutine: it waits until somebody rings or a moment has come.
#pragma once

#include <chrono>
#include <optional>

#include "base/mutex.h"
#include "base/task.h"
#include "engine/executor.h"

namespace tidemill::engine {

// Ringing while nobody waits is remembered, once. The waiter goes on on the executor, never on the
// thread that rings.
class WakeSignal {
 public:
  explicit WakeSignal(Executor& executor) : executor_(executor) {}

  void Ring() EXCLUDES_LOCK(mutex_);  // any thread; memory work only
  // True: it rang. False: `deadline` (steady clock) has come. One waiter at a time.
  Task<bool> Wait(std::optional<std::chrono::nanoseconds> deadline) EXCLUDES_LOCK(mutex_);

 private:
  bool TakeRing() EXCLUDES_LOCK(mutex_);
  std::optional<Completion<bool>> BeginWait() EXCLUDES_LOCK(mutex_);

  Executor& executor_;
  Mutex mutex_;
  bool rung_ GUARDED_BY(mutex_) = false;
  std::optional<Completion<bool>> waiter_ GUARDED_BY(mutex_);
};

}  // namespace tidemill::engine
