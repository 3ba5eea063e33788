// The clock, as a thing one is given: nobody else reads the system time or sleeps.
//
// Real: SystemClock. In tests: testing/manual_clock.h.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/timestamp.h"

namespace tidemill {

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall time; may jump.
  virtual Timestamp Now() const = 0;
  // Monotonic time for measuring and waiting; starts anywhere.
  virtual std::chrono::nanoseconds Steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp Now() const override;
  std::chrono::nanoseconds Steady() const override;
};

}  // namespace tidemill
