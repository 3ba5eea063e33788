#include "engine/pacing.h"

#include <algorithm>
#include <cmath>

namespace tidemill::engine {
namespace {

constexpr double kFreeShare = 0.25;     // of the cores, before runs are spaced out
constexpr double kMemorySeconds = 1.0;  // of the load meter

double Seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::chrono::nanoseconds RunInterval(const PacingLimits& limits, double busy_cores) {
  const double overuse = std::max(1.0, busy_cores / (kFreeShare * std::max(1.0, limits.cores)));
  const double wanted = Seconds(limits.interval_min) * overuse;
  if (wanted >= Seconds(limits.interval_max)) return limits.interval_max;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(wanted));
}

std::chrono::nanoseconds NextRunAt(const PacingLimits& limits, double busy_cores,
                                   std::optional<std::chrono::nanoseconds> last_start,
                                   std::size_t pending_rows, std::chrono::nanoseconds now) {
  if (!last_start || pending_rows >= limits.batch_rows_max) return now;
  return std::max(now, *last_start + RunInterval(limits, busy_cores));
}

void LoadMeter::Add(std::chrono::nanoseconds run, std::chrono::nanoseconds now) {
  MutexLock lock(mutex_);
  seconds_ = FadedSeconds(now) + Seconds(run);
  at_ = now;
}

double LoadMeter::busy_cores(std::chrono::nanoseconds now) const {
  MutexLock lock(mutex_);
  return FadedSeconds(now) / kMemorySeconds;
}

double LoadMeter::FadedSeconds(std::chrono::nanoseconds now) const {
  return seconds_ * std::exp(-Seconds(now - at_) / kMemorySeconds);
}

}  // namespace tidemill::engine
