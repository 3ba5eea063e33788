// Where and when the engine's steps run: a few threads and a timer, behind one seam.
//
// The engine never blocks the thread that tells it something (the WAL's committer, a worker's
// reader): it posts a step here and goes on. Real: ThreadExecutor. In tests: testing/
// manual_executor.h, which runs steps on the test's thread when the test says so.
#pragma once

#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/task.h"
#include "base/thread_pool.h"
#include "engine/timer_heap.h"

namespace tidemill::engine {

class Executor {
 public:
  virtual ~Executor() = default;
  // Any thread; never blocks, never runs `job` on the caller's stack.
  virtual void Post(std::function<void()> job) = 0;
  // Not before `due` on the steady clock. What is not due when the executor stops is dropped.
  virtual void PostAt(std::chrono::nanoseconds due, std::function<void()> job) = 0;
  // Waits, for threads that may block and are not the executor's own.
  virtual void Await(const Completion<Done>& done) = 0;
  // Nothing is posted any more when this is called; safe twice.
  virtual void Stop() = 0;
};

// `co_await HopTo(executor)`: the rest of the coroutine runs on the executor.
struct HopTo {
  explicit HopTo(Executor& to) : executor(to) {}
  Executor& executor;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> rest) const {
    executor.Post([rest] { rest.resume(); });
  }
  void await_resume() const {}
};

class ThreadExecutor final : public Executor {
 public:
  ThreadExecutor(Clock& clock, std::size_t threads);
  ~ThreadExecutor() override;

  void Post(std::function<void()> job) override;
  void PostAt(std::chrono::nanoseconds due, std::function<void()> job) override
      EXCLUDES_LOCK(mutex_);
  void Await(const Completion<Done>& done) override;
  void Stop() override EXCLUDES_LOCK(mutex_);

 private:
  void TimerLoop() EXCLUDES_LOCK(mutex_);

  Clock& clock_;
  ThreadPool pool_;
  Mutex mutex_;
  CondVar changed_;
  TimerHeap timers_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread timer_thread_;
};

}  // namespace tidemill::engine
