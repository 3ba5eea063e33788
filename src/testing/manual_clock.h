// A clock that moves when a test says so.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace tidemill::testing {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start = Timestamp(1'700'000'000'000'000'000))
      : now_(start.nanos()) {}
  Timestamp Now() const override { return Timestamp(now_.load()); }
  std::chrono::nanoseconds Steady() const override {
    return std::chrono::nanoseconds(steady_.load());
  }
  void Advance(std::chrono::nanoseconds by) {
    now_ += by.count();
    steady_ += by.count();
  }
  void SetWall(Timestamp now) { now_ = now.nanos(); }  // a step of the wall clock alone

 private:
  std::atomic<std::int64_t> now_;
  std::atomic<std::int64_t> steady_ = 1'000'000'000;
};

}  // namespace tidemill::testing
