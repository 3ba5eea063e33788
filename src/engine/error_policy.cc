#include "engine/error_policy.h"

#include <algorithm>

namespace tidemill::engine {
namespace {

Action AfterFailure(model::ErrorBehavior behavior, const BatchHistory& history,
                    std::chrono::nanoseconds retry_for, Random& random) {
  switch (behavior) {
    case model::ErrorBehavior::kLog: return {Action::Kind::kPass, {}};
    case model::ErrorBehavior::kDisable: return {Action::Kind::kDisable, {}};
    case model::ErrorBehavior::kRetry: break;
  }
  const std::chrono::nanoseconds delay = RetryDelay(history.failures, random);
  if (history.since_first_failure + delay > retry_for) return {Action::Kind::kPass, {}};
  return {Action::Kind::kRetry, delay};
}

}  // namespace

Action AfterRun(model::ErrorBehavior behavior, const BatchHistory& history,
                std::chrono::nanoseconds retry_for, Random& random) {
  switch (history.outcome) {
    case RunOutcome::kOk:
    case RunOutcome::kOutputRefused:  // the same rows would be refused again
      return {Action::Kind::kPass, {}};
    case RunOutcome::kCancelled:
    case RunOutcome::kInterrupted:
      return {Action::Kind::kRepeat, RetryDelay(history.interruptions, random)};
    case RunOutcome::kFailed:
    case RunOutcome::kTimeout:
    case RunOutcome::kCrashed: return AfterFailure(behavior, history, retry_for, random);
  }
  return {};
}

std::chrono::nanoseconds RetryDelay(std::uint32_t failures, Random& random) {
  if (failures <= 1) return std::chrono::nanoseconds(0);
  const std::uint32_t doublings = std::min<std::uint32_t>(failures - 2, 16);
  const auto delay = std::min(kRetryDelayMin * (std::int64_t{1} << doublings), kRetryDelayMax);
  const auto quarter = static_cast<std::uint64_t>(delay.count()) / 4;
  const auto jitter = static_cast<std::int64_t>(random.Next() % (2 * quarter + 1));
  return delay - std::chrono::nanoseconds(quarter) + std::chrono::nanoseconds(jitter);
}

}  // namespace tidemill::engine
