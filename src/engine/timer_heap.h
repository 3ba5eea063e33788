// What is to be done when: jobs ordered by the moment they are due. Pure memory; the caller knows
// the time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace tidemill::engine {

// Not thread-safe: its owner (an Executor) has the lock.
class TimerHeap {
 public:
  using Job = std::function<void()>;

  void Add(std::chrono::nanoseconds due, Job job);
  // Takes out the jobs due at `now`, the earliest first; equal moments in the order added.
  std::vector<Job> TakeDue(std::chrono::nanoseconds now);
  // nullopt: nothing is planned.
  std::optional<std::chrono::nanoseconds> next_due() const;
  std::size_t size() const { return entries_.size(); }
  void Clear() { entries_.clear(); }

 private:
  struct Entry {
    std::chrono::nanoseconds due;
    std::uint64_t number;
    Job job;
  };
  static bool Later(const Entry& a, const Entry& b);

  std::vector<Entry> entries_;  // a heap, the earliest in front
  std::uint64_t added_ = 0;
};

}  // namespace tidemill::engine
