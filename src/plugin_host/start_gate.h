// At most so many worker processes start at once; the others wait for their turn, in order.
//
// Starting a Python interpreter is a burst of CPU work: a restart with a thousand triggers must not
// take the machine from ingest. Loop thread only.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

namespace tidemill::plugin_host {

class StartGate {
 public:
  explicit StartGate(std::size_t starts_at_once_max) : free_(starts_at_once_max) {}

  // Calls `start` now or when a place is free. Whoever was started calls Leave once.
  void Enter(std::function<void()> start) {
    if (free_ == 0) {
      waiting_.push_back(std::move(start));
      return;
    }
    --free_;
    start();
  }
  void Leave() {
    ++free_;
    if (waiting_.empty()) return;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    --free_;
    next();
  }

 private:
  std::size_t free_;
  std::deque<std::function<void()>> waiting_;
};

}  // namespace tidemill::plugin_host
