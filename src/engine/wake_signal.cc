#include "engine/wake_signal.h"

#include <utility>

namespace tidemill::engine {

void WakeSignal::Ring() {
  std::optional<Completion<bool>> waiter;
  {
    MutexLock lock(mutex_);
    rung_ = true;
    waiter = std::exchange(waiter_, std::nullopt);
  }
  if (waiter) executor_.Post([waiter = *waiter] { waiter.Complete(true); });
}

Task<bool> WakeSignal::Wait(std::optional<std::chrono::nanoseconds> deadline) {
  const std::optional<Completion<bool>> waiter = BeginWait();
  if (waiter) {
    // Whichever of bell and timer comes second finds the completion done, and is ignored.
    const Completion<bool>& woken = *waiter;
    if (deadline) executor_.PostAt(*deadline, [woken] { woken.Complete(false); });
    co_await woken;
  }
  co_return TakeRing();
}

std::optional<Completion<bool>> WakeSignal::BeginWait() {
  MutexLock lock(mutex_);
  if (rung_) return std::nullopt;
  waiter_.emplace();
  return waiter_;
}

bool WakeSignal::TakeRing() {
  MutexLock lock(mutex_);
  waiter_.reset();
  return std::exchange(rung_, false);
}

}  // namespace tidemill::engine
