// Runs one data-write trigger: follows the log, calls the plugin batch by batch, commits what comes
// of each run together with the progress.
//
// A loop (one coroutine on the executor) decides what is next and starts deliveries; a delivery is
// the story of one batch, with all its attempts. A trigger that runs in order has one delivery at a
// time; `run_async` has several. What is pending is kept by DeliveryState, what to do after a
// failure is decided by error_policy.h.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/task.h"
#include "engine/batch.h"
#include "engine/delivery_state.h"
#include "engine/error_policy.h"
#include "engine/plugin_call.h"
#include "engine/processing_engine.h"
#include "engine/run_end.h"
#include "engine/runner_ports.h"
#include "engine/trigger_metrics.h"
#include "engine/wake_signal.h"
#include "engine/write_source.h"

namespace tidemill::engine {

inline constexpr std::size_t kAsyncRunsMax = 8;        // of one trigger at the same time
inline constexpr std::uint32_t kCrashesInARowMax = 5;  // then the plugin is tried once a minute

class TriggerRunner final : public MatchListener,
                            public std::enable_shared_from_this<TriggerRunner> {
 public:
  // Called once, on the executor: the trigger's setting is to be disabled after a failure. The
  // runner calls the plugin no more; who is told stops it.
  using DisableWish = std::function<void(std::string reason)>;

  TriggerRunner(const RunnerPorts& ports, const ProcessingEngine::Options& options,
                std::shared_ptr<const model::Trigger> trigger, std::string database,
                const wal::TriggerState& progress, DisableWish disable_wish);

  void Start();
  // Starts no more runs; those under way end (their host is told to cancel them by who calls this).
  void Stop() EXCLUDES_LOCK(mutex_);
  // Completes when nothing of it runs any more.
  Completion<Done> Ended() EXCLUDES_LOCK(mutex_);

  void OnMatch(const Match& match) override EXCLUDES_LOCK(mutex_);
  // From time to time: lets an idle trigger's progress follow the log.
  void FollowLog(Sequence told) EXCLUDES_LOCK(mutex_);
  TriggerStatus Status() const EXCLUDES_LOCK(mutex_);
  WriteFilter filter() const;
  const model::Trigger& trigger() const { return *callee_.trigger; }

 private:
  // What happened to one batch so far.
  struct Story {
    Batch batch;
    std::uint32_t attempt = 1;
    BatchHistory history;
    std::chrono::nanoseconds first_failure{0};
  };

  // The story (trigger_runner.cc).
  Task<Done> Live();
  void DeliverNext();
  Task<Done> Deliver(Batch batch, std::uint32_t attempt);
  Task<bool> RunOnce(Story& story);
  Task<bool> CommitOutput(const Story& story, CallReport& report);
  Task<bool> AfterFailure(Story& story, CallReport report);
  Task<bool> PassOver(const Story& story, CallReport report);
  Task<Done> DeliverGap(wal::SequenceRange gap);

  // Its steps (trigger_runner_steps.cc).
  DeliveryState::Next Decide() const EXCLUDES_LOCK(mutex_);
  bool HostIsThere() EXCLUDES_LOCK(mutex_);
  std::optional<wal::RunStarted> NextAgain() const EXCLUDES_LOCK(mutex_);
  void DeliverAgain(const wal::RunStarted& cut) EXCLUDES_LOCK(mutex_);
  void DeliverNew() EXCLUDES_LOCK(mutex_);
  void CannotRead(Sequence after, const Error& error) EXCLUDES_LOCK(mutex_);
  void NoteEnded() EXCLUDES_LOCK(mutex_);
  void Launch(Task<Done> delivery) EXCLUDES_LOCK(mutex_);
  Task<bool> AwaitHost();
  void BlameHostIfGone(CallReport& report) const;
  CallOrder OrderFor(const Story& story) const;
  Task<RunEnd> Commit(RunRow row, std::vector<RunOutput> outputs, wal::SequenceRange consumed,
                      std::uint8_t depth);
  void NoteEnd(const RunRow& row) EXCLUDES_LOCK(mutex_);
  void NoteFailure(Story& story, RunOutcome outcome) const;
  void WarnIfTooDeep(const Story& story, const CallReport& report) const;
  void Halt(const std::string& why) EXCLUDES_LOCK(mutex_);
  void DisableAfter(const RunRow& row) EXCLUDES_LOCK(mutex_);
  Task<bool> SleepUntil(std::chrono::nanoseconds due) EXCLUDES_LOCK(mutex_);
  bool is_stopping() const EXCLUDES_LOCK(mutex_);
  std::string StateName() const REQUIRES_LOCK(mutex_);
  void LogForTrigger(LogSeverity severity, std::string text) const;

  const RunnerPorts ports_;
  const ProcessingEngine::Options options_;
  const Callee callee_;
  const DisableWish disable_wish_;
  const BatchReader reader_;
  TriggerMetrics metrics_;
  WakeSignal bell_;

  mutable Mutex mutex_;
  DeliveryState state_ GUARDED_BY(mutex_);
  std::vector<Completion<bool>> sleepers_ GUARDED_BY(mutex_);  // deliveries that wait for a moment
  std::string unavailable_ GUARDED_BY(mutex_);                 // why plugins cannot run now
  bool is_disabled_ GUARDED_BY(mutex_) = false;                // after a failure
  bool has_ended_ GUARDED_BY(mutex_) = false;
  std::vector<Completion<Done>> awaiting_end_ GUARDED_BY(mutex_);
  std::uint32_t crashes_in_a_row_ GUARDED_BY(mutex_) = 0;
  std::uint32_t read_failures_in_a_row_ GUARDED_BY(mutex_) = 0;
  std::uint64_t runs_ GUARDED_BY(mutex_) = 0;
  std::uint64_t failures_ GUARDED_BY(mutex_) = 0;
  std::string last_error_ GUARDED_BY(mutex_);
};

}  // namespace tidemill::engine
