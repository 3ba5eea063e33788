#include "base/clock.h"

namespace tidemill {

Timestamp SystemClock::Now() const {
  return Timestamp(
      std::chrono::duration_cast<nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

std::chrono::nanoseconds SystemClock::Steady() const {
  return std::chrono::duration_cast<nanoseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace tidemill
