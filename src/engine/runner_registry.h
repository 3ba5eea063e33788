// The triggers that run now: starts and stops their runners, and keeps idle ones up with the log.
//
// Knows nothing of names and wishes (processing_engine.cc) nor of batches (trigger_runner.cc).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/task.h"
#include "engine/runner_ports.h"
#include "engine/trigger_runner.h"
#include "engine/write_source.h"

namespace tidemill::engine {

class RunnerRegistry {
 public:
  // `disable` is called, on the executor, for a trigger that is to be disabled after a failure.
  using DisableAfterFailure =
      std::function<void(std::shared_ptr<const model::Trigger>, std::string reason)>;
  RunnerRegistry(const RunnerPorts& ports, const ProcessingEngine::Options& options,
                 DisableAfterFailure disable);

  // From the committer's thread.
  void OnCommitted(const wal::CommittedGroup& group) { source_.OnCommitted(group); }

  // Takes `trigger` up where `progress` says. Not twice.
  void Start(std::shared_ptr<const model::Trigger> trigger, std::string database,
             const wal::TriggerState& progress) EXCLUDES_LOCK(mutex_);
  // Cancels its runs and goes on when nothing of it runs any more.
  Task<Done> Stop(TriggerId trigger) EXCLUDES_LOCK(mutex_);

  // Begins the regular work of keeping idle triggers up with the log.
  void StartFollowing();
  // The first half of a stop: no new runs. The second: waits until none is under way.
  void BeginStop() EXCLUDES_LOCK(mutex_);
  void AwaitEnd() EXCLUDES_LOCK(mutex_);

  std::vector<TriggerStatus> Statuses() const EXCLUDES_LOCK(mutex_);

 private:
  std::vector<std::shared_ptr<TriggerRunner>> Runners() const EXCLUDES_LOCK(mutex_);
  void FollowLog();

  const RunnerPorts ports_;
  const ProcessingEngine::Options options_;
  const DisableAfterFailure disable_;
  WriteSource source_;
  mutable Mutex mutex_;
  std::map<TriggerId, std::shared_ptr<TriggerRunner>> runners_ GUARDED_BY(mutex_);
  bool is_stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace tidemill::engine
