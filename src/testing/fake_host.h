// A plugin host without Python: a lambda per plugin.
//
//   FakeHost host;
//   host.Define("alert.py", [](const RunRequest& request, RunServices& services) {
//     services.Log(LogSeverity::kInfo, "hello");
//     return FakeHost::Wrote("alerts value=1 1");
//   });
//
// A plugin that is held does not end before the test releases it, or until it is cancelled by
// Retire() or Stop(). Every call is recorded, in order.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/task.h"
#include "engine/ports.h"

namespace tidemill::testing {

class FakeHost final : public engine::PluginHost {
 public:
  using Plugin = std::function<engine::RunResult(const engine::RunRequest&, engine::RunServices&)>;

  static engine::RunResult Done() { return {}; }
  static engine::RunResult Wrote(std::string lines, std::string database = "") {
    engine::RunResult result;
    result.outputs.push_back({std::move(database), std::move(lines)});
    return result;
  }
  static engine::RunResult Ended(engine::RunOutcome outcome, std::string error) {
    engine::RunResult result;
    result.outcome = outcome;
    result.error = std::move(error);
    return result;
  }
  static engine::RunResult Failed(std::string error) {
    return Ended(engine::RunOutcome::kFailed, std::move(error));
  }

  void Define(const std::string& filename, Plugin plugin) {
    MutexLock lock(mutex_);
    plugins_[filename] = std::move(plugin);
  }
  void Hold(const std::string& filename) {
    MutexLock lock(mutex_);
    is_held_[filename] = true;
  }
  // Lets the oldest `count` held runs end, with what their plugin makes of them.
  void Release(std::size_t count = 1) {
    for (; count > 0; --count) EndHeld(0, std::nullopt);
  }
  // Lets one held run end, by its place among them, oldest first.
  void ReleaseAt(std::size_t place) { EndHeld(place, std::nullopt); }
  std::size_t held() const {
    MutexLock lock(mutex_);
    return held_.size();
  }
  void SetUnavailable(std::string why) {
    MutexLock lock(mutex_);
    unavailable_ = std::move(why);
  }

  std::vector<engine::RunRequest> calls() const {
    MutexLock lock(mutex_);
    return calls_;
  }
  std::vector<TriggerId> retired() const {
    MutexLock lock(mutex_);
    return retired_;
  }

  std::string Unavailable() const override {
    MutexLock lock(mutex_);
    return unavailable_;
  }
  Task<engine::RunResult> Run(engine::RunRequest request, engine::RunServices& services) override {
    const Completion<std::optional<engine::RunResult>> verdict = Begin(request);
    std::optional<engine::RunResult> forced = co_await verdict;
    if (forced) co_return std::move(*forced);
    const Plugin plugin = Find(request.trigger->plugin_filename);
    if (!plugin) co_return Failed("no such fake plugin");
    co_return plugin(request, services);
  }
  void Retire(TriggerId trigger) override {
    std::vector<Held> cancelled;
    {
      MutexLock lock(mutex_);
      retired_.push_back(trigger);
      for (auto run = held_.begin(); run != held_.end();) {
        if (run->trigger == trigger) {
          cancelled.push_back(*run);
          run = held_.erase(run);
        } else {
          ++run;
        }
      }
    }
    for (const Held& run : cancelled) run.verdict.Complete(Cancelled());
  }
  void Stop() override {
    while (held() > 0) EndHeld(0, Cancelled());
  }

 private:
  struct Held {
    TriggerId trigger;
    Completion<std::optional<engine::RunResult>> verdict;  // nullopt: what the plugin says
  };
  static engine::RunResult Cancelled() {
    return Ended(engine::RunOutcome::kCancelled, "KeyboardInterrupt: cancelled");
  }

  Completion<std::optional<engine::RunResult>> Begin(const engine::RunRequest& request) {
    const Completion<std::optional<engine::RunResult>> verdict;
    MutexLock lock(mutex_);
    calls_.push_back(request);
    if (is_held_[request.trigger->plugin_filename]) {
      held_.push_back({request.trigger->id, verdict});
    } else {
      verdict.Complete(std::nullopt);  // nobody waits yet
    }
    return verdict;
  }
  Plugin Find(const std::string& filename) const {
    MutexLock lock(mutex_);
    const auto plugin = plugins_.find(filename);
    return plugin == plugins_.end() ? nullptr : plugin->second;
  }
  void EndHeld(std::size_t place, std::optional<engine::RunResult> result) {
    std::optional<Held> run;
    {
      MutexLock lock(mutex_);
      if (place >= held_.size()) return;
      run = held_[place];
      held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(place));
    }
    run->verdict.Complete(std::move(result));
  }

  mutable Mutex mutex_;
  std::map<std::string, Plugin> plugins_ GUARDED_BY(mutex_);
  std::map<std::string, bool> is_held_ GUARDED_BY(mutex_);
  std::vector<Held> held_ GUARDED_BY(mutex_);
  std::vector<engine::RunRequest> calls_ GUARDED_BY(mutex_);
  std::vector<TriggerId> retired_ GUARDED_BY(mutex_);
  std::string unavailable_ GUARDED_BY(mutex_);
};

}  // namespace tidemill::testing
