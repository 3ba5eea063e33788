#include "engine/executor.h"

#include <utility>

#include "base/check.h"

namespace tidemill::engine {
namespace {

// A trigger has at most one step queued for its loop and one per run under way, so this is never
// reached: the limits on triggers (10,000) and on concurrent runs (8) are below it.
constexpr std::size_t kQueuedStepsMax = 1'000'000;

Task<Done> Wait(Completion<Done> done) { co_return co_await done; }

}  // namespace

ThreadExecutor::ThreadExecutor(Clock& clock, std::size_t threads)
    : clock_(clock),
      pool_({.name = "engine", .threads = threads, .queue_jobs_max = kQueuedStepsMax}),
      timer_thread_([this] { TimerLoop(); }) {}

ThreadExecutor::~ThreadExecutor() { Stop(); }

void ThreadExecutor::Post(std::function<void()> job) {
  // A step that is dropped is a coroutine that never goes on: after Stop() nobody waits for one.
  static_cast<void>(pool_.TryPost(std::move(job)));
}

void ThreadExecutor::PostAt(std::chrono::nanoseconds due, std::function<void()> job) {
  MutexLock lock(mutex_);
  if (stopping_) return;
  timers_.Add(due, std::move(job));
  changed_.NotifyOne();
}

void ThreadExecutor::Await(const Completion<Done>& done) { BlockOn(Wait(done)); }

void ThreadExecutor::TimerLoop() {
  SetThreadName("engine-timer");
  MutexLock lock(mutex_);
  while (!stopping_) {
    for (auto& job : timers_.TakeDue(clock_.Steady())) Post(std::move(job));
    if (const auto due = timers_.next_due()) {
      const auto now = clock_.Steady();
      if (*due > now) changed_.WaitFor(mutex_, *due - now);
    } else {
      changed_.Wait(mutex_);
    }
  }
}

void ThreadExecutor::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    timers_.Clear();
    changed_.NotifyAll();
  }
  if (timer_thread_.joinable()) timer_thread_.join();
  pool_.Stop();
}

}  // namespace tidemill::engine
