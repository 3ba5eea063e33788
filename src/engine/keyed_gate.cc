#include "engine/keyed_gate.h"

#include <optional>

namespace tidemill::engine {

Task<KeyedGate::Pass> KeyedGate::Enter(std::string key) {
  co_await HopTo(executor_);
  const Completion<Done> turn;
  if (!IsFreeOrQueue(key, turn)) co_await turn;
  co_return Pass(*this, std::move(key));
}

bool KeyedGate::IsFreeOrQueue(const std::string& key, const Completion<Done>& turn) {
  MutexLock lock(mutex_);
  const auto [entry, is_free] = inside_.try_emplace(key);
  if (!is_free) entry->second.push_back(turn);
  return is_free;
}

void KeyedGate::Leave(const std::string& key) {
  std::optional<Completion<Done>> next;
  {
    MutexLock lock(mutex_);
    const auto entry = inside_.find(key);
    if (entry->second.empty()) {
      inside_.erase(entry);
    } else {
      next = entry->second.front();
      entry->second.pop_front();
    }
  }
  if (next) executor_.Post([turn = *next] { turn.Complete(Done{}); });
}

}  // namespace tidemill::engine
