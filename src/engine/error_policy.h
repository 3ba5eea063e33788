// Decides what happens after a run: go on, run it again (now or later), or disable the trigger.
//
// Pure policy: takes the trigger's setting and what happened to this batch so far, returns an
// Action. It touches neither catalog nor log; TriggerRunner carries the Action out.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/random.h"
#include "engine/ports.h"
#include "model/trigger.h"

namespace tidemill::engine {

inline constexpr std::chrono::nanoseconds kRetryDelayMin = std::chrono::seconds(1);
inline constexpr std::chrono::nanoseconds kRetryDelayMax = std::chrono::seconds(60);

// What happened to one batch so far, the run that has just ended included.
struct BatchHistory {
  RunOutcome outcome = RunOutcome::kOk;
  std::uint32_t failures = 0;       // runs that count as an attempt
  std::uint32_t interruptions = 0;  // in a row; somebody else's fault, no attempt
  std::chrono::nanoseconds since_first_failure{0};
};

struct Action {
  enum class Kind {
    kPass,     // the batch is done with: go on behind it
    kRetry,    // the same batch again after `delay`, as a new attempt
    kRepeat,   // the same batch again after `delay`, the attempt does not count
    kDisable,  // the batch stays where it is; the trigger is disabled
  };
  Kind kind = Kind::kPass;
  std::chrono::nanoseconds delay{0};
  bool operator==(const Action&) const = default;
};

Action AfterRun(model::ErrorBehavior behavior, const BatchHistory& history,
                std::chrono::nanoseconds retry_for, Random& random);

// Nothing before the first repetition, then 1, 2, 4 … 60 s, each up to a quarter shorter or longer
// so that triggers that failed together do not come back together.
std::chrono::nanoseconds RetryDelay(std::uint32_t failures, Random& random);

}  // namespace tidemill::engine
