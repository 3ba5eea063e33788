// How often a data-write trigger is called: soon when it was quiet, in bigger batches when writes
// keep coming, at once when a full batch waits (contracts G.4).
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "base/mutex.h"

namespace tidemill::engine {

struct PacingLimits {
  std::size_t batch_rows_max = 0;
  std::chrono::nanoseconds interval_min{0};
  std::chrono::nanoseconds interval_max{0};
  double cores = 1;
};

// The time between the starts of two runs: `interval_min` while all runs together use at most a
// quarter of the cores, in proportion wider above that, never over `interval_max`.
std::chrono::nanoseconds RunInterval(const PacingLimits& limits, double busy_cores);

// When the next run may start. A full batch, or no earlier run, waits for nothing.
std::chrono::nanoseconds NextRunAt(const PacingLimits& limits, double busy_cores,
                                   std::optional<std::chrono::nanoseconds> last_start,
                                   std::size_t pending_rows, std::chrono::nanoseconds now);

// How many cores the runs of all triggers keep busy, over about the last second: the time they
// took, fading out. (Their wall time: a run that sleeps counts too, which errs on the calm side.)
class LoadMeter {
 public:
  void Add(std::chrono::nanoseconds run, std::chrono::nanoseconds now) EXCLUDES_LOCK(mutex_);
  double busy_cores(std::chrono::nanoseconds now) const EXCLUDES_LOCK(mutex_);

 private:
  double FadedSeconds(std::chrono::nanoseconds now) const REQUIRES_LOCK(mutex_);

  mutable Mutex mutex_;
  double seconds_ GUARDED_BY(mutex_) = 0;
  std::chrono::nanoseconds at_ GUARDED_BY(mutex_){0};
};

}  // namespace tidemill::engine
