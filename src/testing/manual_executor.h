// An executor that runs steps when the test says so, on the test's thread.
//
// With a ManualClock nothing depends on time or on luck: RunReady() does what is due, and returns
// when nothing more is.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "engine/executor.h"

namespace tidemill::testing {

class ManualExecutor final : public engine::Executor {
 public:
  explicit ManualExecutor(Clock& clock) : clock_(clock) {}

  void Post(std::function<void()> job) override {
    MutexLock lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  void PostAt(std::chrono::nanoseconds due, std::function<void()> job) override {
    MutexLock lock(mutex_);
    timers_.Add(due, std::move(job));
  }
  // Runs steps itself until another thread (a WAL's committer, say) or a step completes `done`.
  void Await(const Completion<Done>& done) override {
    while (!done.done()) {
      if (RunReady() == 0) std::this_thread::yield();
    }
  }
  void Stop() override {}

  // The number of steps run.
  std::size_t RunReady() {
    std::size_t steps = 0;
    while (const auto job = Take()) {
      job();
      ++steps;
    }
    return steps;
  }
  std::optional<std::chrono::nanoseconds> next_due() const {
    MutexLock lock(mutex_);
    return timers_.next_due();
  }

 private:
  std::function<void()> Take() {
    MutexLock lock(mutex_);
    for (auto& job : timers_.TakeDue(clock_.Steady())) jobs_.push_back(std::move(job));
    if (jobs_.empty()) return nullptr;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }

  Clock& clock_;
  mutable Mutex mutex_;
  engine::TimerHeap timers_ GUARDED_BY(mutex_);
  std::deque<std::function<void()>> jobs_ GUARDED_BY(mutex_);
};

}  // namespace tidemill::testing
