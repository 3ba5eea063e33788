#include "engine/timer_heap.h"

#include <algorithm>
#include <utility>

namespace tidemill::engine {

bool TimerHeap::Later(const Entry& a, const Entry& b) {
  return a.due != b.due ? a.due > b.due : a.number > b.number;
}

void TimerHeap::Add(std::chrono::nanoseconds due, Job job) {
  entries_.push_back({due, added_++, std::move(job)});
  std::push_heap(entries_.begin(), entries_.end(), Later);
}

std::vector<TimerHeap::Job> TimerHeap::TakeDue(std::chrono::nanoseconds now) {
  std::vector<Job> due;
  while (!entries_.empty() && entries_.front().due <= now) {
    std::pop_heap(entries_.begin(), entries_.end(), Later);
    due.push_back(std::move(entries_.back().job));
    entries_.pop_back();
  }
  return due;
}

std::optional<std::chrono::nanoseconds> TimerHeap::next_due() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.front().due;
}

}  // namespace tidemill::engine
