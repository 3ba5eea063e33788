#include "engine/runner_registry.h"

#include <utility>

#include "base/check.h"

namespace tidemill::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kFollowInterval = 1s;

}  // namespace

RunnerRegistry::RunnerRegistry(const RunnerPorts& ports, const ProcessingEngine::Options& options,
                               DisableAfterFailure disable)
    : ports_(ports), options_(options), disable_(std::move(disable)), source_(ports.catalog) {}

void RunnerRegistry::Start(std::shared_ptr<const model::Trigger> trigger, std::string database,
                           const wal::TriggerState& progress) {
  auto wish = [this, trigger](std::string reason) { disable_(trigger, std::move(reason)); };
  const auto runner = std::make_shared<TriggerRunner>(ports_, options_, trigger,
                                                      std::move(database), progress, wish);
  {
    MutexLock lock(mutex_);
    if (is_stopping_) return;
    const bool is_new = runners_.emplace(trigger->id, runner).second;
    CHECK(is_new) << "trigger '" << trigger->name << "' runs already";
  }
  // Registered before its first look at the log: what is committed after the look, it is told. What
  // was told to others before, it must find itself, so it looks until it has come that far.
  const Sequence told = source_.Add(trigger->id, runner->filter(), runner);
  runner->OnMatch({.sequence = told, .rows = 0, .bytes = 0});
  runner->Start();
}

Task<Done> RunnerRegistry::Stop(TriggerId trigger) {
  std::shared_ptr<TriggerRunner> runner;
  {
    MutexLock lock(mutex_);
    const auto entry = runners_.find(trigger);
    if (entry == runners_.end()) co_return Done{};
    runner = entry->second;
  }
  source_.Remove(trigger);
  runner->Stop();
  ports_.host.Retire(trigger);
  const Completion<Done> ended = runner->Ended();
  co_await ended;
  co_await HopTo(ports_.executor);
  MutexLock lock(mutex_);
  runners_.erase(trigger);
  co_return Done{};
}

void RunnerRegistry::StartFollowing() {
  ports_.executor.PostAt(ports_.clock.Steady() + kFollowInterval, [this] { FollowLog(); });
}

void RunnerRegistry::FollowLog() {
  // Read first: what is told after this is noted by the runners already when they are asked.
  const Sequence told = source_.told();
  for (const auto& runner : Runners()) runner->FollowLog(told);
  MutexLock lock(mutex_);
  if (!is_stopping_) StartFollowing();
}

void RunnerRegistry::BeginStop() {
  {
    MutexLock lock(mutex_);
    is_stopping_ = true;
  }
  for (const auto& runner : Runners()) {
    source_.Remove(runner->trigger().id);
    runner->Stop();
  }
}

void RunnerRegistry::AwaitEnd() {
  for (const auto& runner : Runners()) ports_.executor.Await(runner->Ended());
}

std::vector<TriggerStatus> RunnerRegistry::Statuses() const {
  std::vector<TriggerStatus> statuses;
  for (const auto& runner : Runners()) statuses.push_back(runner->Status());
  return statuses;
}

std::vector<std::shared_ptr<TriggerRunner>> RunnerRegistry::Runners() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<TriggerRunner>> runners;
  for (const auto& [id, runner] : runners_) runners.push_back(runner);
  return runners;
}

}  // namespace tidemill::engine
