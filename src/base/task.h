// Task<T>: a coroutine that runs when it is awaited; Completion<T>: the ticket it waits on.
//
// No executor of its own: a task goes on, on whatever thread completes what it waits for. So code
// after a co_await must be short and must not block; whoever needs a certain thread posts to it
// (the HTTP connection does, to its own loop). Asio stays inside http/ this way.
#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"

namespace tidemill {

template <typename T>
class [[nodiscard]] Task {
 public:
  struct promise_type {
    std::optional<T> value;
    std::coroutine_handle<> waiter;

    Task get_return_object() {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct FinalAwaiter {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept {
        return self.promise().waiter ? self.promise().waiter : std::noop_coroutine();
      }
      void await_resume() noexcept {}
    };
    FinalAwaiter final_suspend() noexcept { return {}; }
    template <typename U>
    void return_value(U&& out) {
      value.emplace(std::forward<U>(out));
    }
    // Errors are values here; an exception that gets this far is a bug.
    void unhandled_exception() { std::terminate(); }
  };

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  struct Awaiter {
    std::coroutine_handle<promise_type> handle;
    bool await_ready() const { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) {
      handle.promise().waiter = waiter;
      return handle;
    }
    T await_resume() { return std::move(*handle.promise().value); }
  };
  Awaiter operator co_await() && { return Awaiter{handle_}; }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

// A value that one side sets once, from any thread, and one coroutine awaits. Copies share the
// state.
template <typename T>
class Completion {
  struct State;

 public:
  Completion() : state_(std::make_shared<State>()) {}

  // Resumes the waiter on this thread, if it waits already. Second and later calls are ignored and
  // return false.
  bool Complete(T value) const {
    std::coroutine_handle<> waiter;
    {
      MutexLock lock(state_->mutex);
      if (state_->value) return false;
      state_->value.emplace(std::move(value));
      waiter = std::exchange(state_->waiter, nullptr);
    }
    if (waiter) waiter.resume();
    return true;
  }
  bool done() const {
    MutexLock lock(state_->mutex);
    return state_->value.has_value();
  }

  struct Awaiter {
    // Its own share: the state must outlive the resumption, whoever drops the Completion meanwhile.
    std::shared_ptr<State> state;
    bool await_ready() const { return false; }
    bool await_suspend(std::coroutine_handle<> handle) const {
      MutexLock lock(state->mutex);
      if (state->value) return false;
      state->waiter = handle;
      return true;
    }
    T await_resume() const {
      MutexLock lock(state->mutex);
      return std::move(*state->value);
    }
  };
  Awaiter operator co_await() const { return Awaiter{state_}; }

 private:
  struct State {
    Mutex mutex;
    std::optional<T> value GUARDED_BY(mutex);
    std::coroutine_handle<> waiter GUARDED_BY(mutex);
  };
  std::shared_ptr<State> state_;
};

namespace internal {
// Runs at once and frees itself at its end.
struct DetachedTask {
  struct promise_type {
    DetachedTask get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};
}  // namespace internal

// Starts `task` on this thread and hands its value to `then`, on the thread where it ends.
template <typename T, typename F>
void StartTask(Task<T> task, F then) {
  [](Task<T> inner, F done) -> internal::DetachedTask { done(co_await std::move(inner)); }(
                                std::move(task), std::move(then));
}

// Runs `task` to its end and waits for it: for threads that may block (worker threads, tests).
template <typename T>
T BlockOn(Task<T> task) {
  struct Shared {
    Mutex mutex;
    CondVar ready;
    std::optional<T> value GUARDED_BY(mutex);
  };
  auto shared = std::make_shared<Shared>();
  StartTask(std::move(task), [shared](T value) {
    MutexLock lock(shared->mutex);
    shared->value.emplace(std::move(value));
    shared->ready.NotifyAll();
  });
  MutexLock lock(shared->mutex);
  while (!shared->value) shared->ready.Wait(shared->mutex);
  return std::move(*shared->value);
}

}  // namespace tidemill
