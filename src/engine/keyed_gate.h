// Lets coroutines with the same key through one after the other: management calls on one trigger do
// not overlap, those on different triggers do not wait for one another.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "base/task.h"
#include "engine/executor.h"

namespace tidemill::engine {

class KeyedGate {
 public:
  explicit KeyedGate(Executor& executor) : executor_(executor) {}

  // Leaves when it dies.
  class Pass {
   public:
    Pass(KeyedGate& gate, std::string key) : gate_(&gate), key_(std::move(key)) {}
    Pass(Pass&& other) noexcept
        : gate_(std::exchange(other.gate_, nullptr)), key_(std::move(other.key_)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->Leave(key_);
    }

   private:
    KeyedGate* gate_;
    std::string key_;
  };
  // Goes on on the executor. In order of arrival.
  Task<Pass> Enter(std::string key) EXCLUDES_LOCK(mutex_);

 private:
  bool IsFreeOrQueue(const std::string& key, const Completion<Done>& turn) EXCLUDES_LOCK(mutex_);
  void Leave(const std::string& key) EXCLUDES_LOCK(mutex_);

  Executor& executor_;
  Mutex mutex_;
  // An entry: somebody is inside; in the queue: who waits.
  std::map<std::string, std::deque<Completion<Done>>> inside_ GUARDED_BY(mutex_);
};

}  // namespace tidemill::engine
