// The steps of the story in trigger_runner.cc.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "engine/run_context.h"
#include "engine/trigger_runner.h"

namespace tidemill::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kHostProbeInterval = 5s;
constexpr std::chrono::nanoseconds kBrokenProbeInterval = 60s;
constexpr std::chrono::nanoseconds kReadAgainDelay = 1ms;

// The last sequence before what the log still has, when what follows `after` is gone.
Sequence EndOfGap(const wal::Wal& wal, Sequence after) {
  for (const auto& segment : wal.Segments()) {
    if (segment.first > after + 1) return segment.first - 1;
  }
  return wal.durable();
}

}  // namespace

// ---- The loop ----

DeliveryState::Next TriggerRunner::Decide() const {
  const auto now = ports_.clock.Steady();
  const double busy_cores = ports_.load.busy_cores(now);
  MutexLock lock(mutex_);
  return state_.Decide(now, busy_cores);
}

bool TriggerRunner::HostIsThere() {
  std::string why = ports_.host.Unavailable();
  const bool is_there = why.empty();
  std::string before;
  {
    MutexLock lock(mutex_);
    if (!is_there) state_.PauseUntil(ports_.clock.Steady() + kHostProbeInterval);
    before = std::exchange(unavailable_, why);
  }
  if (!is_there && before.empty()) {
    LogForTrigger(LogSeverity::kWarn,
                  fmt::format("runs wait, their data stays in the write-ahead log: {}", why));
  } else if (is_there && !before.empty()) {
    LogForTrigger(LogSeverity::kInfo, "plugins can run again");
  }
  return is_there;
}

std::optional<wal::RunStarted> TriggerRunner::NextAgain() const {
  MutexLock lock(mutex_);
  const wal::RunStarted* const cut = state_.again();
  return cut == nullptr ? std::nullopt : std::optional(*cut);
}

void TriggerRunner::DeliverAgain(const wal::RunStarted& cut) {
  const auto progress = ports_.wal.trigger_state(callee_.trigger->id);
  const Sequence read_after =
      std::max(cut.range.first - 1, progress ? progress->low_water : Sequence{0});
  Result<Batch> batch = reader_.Again(cut.range, read_after);
  if (!batch.ok()) return CannotRead(read_after, batch.error());
  {
    MutexLock lock(mutex_);
    read_failures_in_a_row_ = 0;
    state_.TakeAgain(ports_.clock.Steady(), /*begins_run=*/!batch->empty());
  }
  if (batch->empty()) {
    // Its tables were dropped meanwhile: done without a run.
    wal::RunCommit passed;
    passed.trigger = callee_.trigger->id;
    passed.consumed = cut.range;
    ports_.wal.Append(std::move(passed));
    return;
  }
  Launch(Deliver(std::move(*batch), cut.attempt));
}

void TriggerRunner::DeliverNew() {
  Sequence taken = 0;
  Sequence read_after = 0;
  Sequence told = 0;
  {
    MutexLock lock(mutex_);
    taken = state_.taken();
    read_after = state_.read_after();
    told = state_.last_match();
  }
  Result<Batch> batch = reader_.Next(taken, read_after);
  if (!batch.ok()) return CannotRead(read_after, batch.error());
  std::optional<Sequence> low_water;
  {
    MutexLock lock(mutex_);
    read_failures_in_a_row_ = 0;
    const auto now = ports_.clock.Steady();
    low_water = state_.Take(*batch, now);
    // What was told of is not shown by the log yet: it is about to be.
    if (batch->reached_end && batch->range.last < told) state_.PauseUntil(now + kReadAgainDelay);
  }
  if (low_water) ports_.wal.NoteCaughtUp(callee_.trigger->id, *low_water);
  if (!batch->empty()) Launch(Deliver(std::move(*batch), 1));
}

void TriggerRunner::CannotRead(Sequence after, const Error& error) {
  if (error.code == ErrorCode::kNotFound) {
    const Sequence end = EndOfGap(ports_.wal, after);
    wal::SequenceRange gap;
    {
      MutexLock lock(mutex_);
      gap = state_.TakeGap(end);
    }
    return Launch(DeliverGap(gap));
  }
  std::uint32_t failures = 0;
  {
    MutexLock lock(mutex_);
    failures = ++read_failures_in_a_row_;
    last_error_ = error.message;
    state_.PauseUntil(ports_.clock.Steady() + RetryDelay(failures + 1, ports_.random));
  }
  if (failures > 1) return;
  LogForTrigger(LogSeverity::kError,
                fmt::format("the write-ahead log cannot be read, runs wait: {}", error.message));
}

// The delivery's place was taken when its batch was; it is free again at its end.
void TriggerRunner::Launch(Task<Done> delivery) {
  StartTask(std::move(delivery), [self = shared_from_this()](Done) {
    {
      MutexLock lock(self->mutex_);
      self->state_.EndRun();
    }
    self->bell_.Ring();
  });
}

// ---- A delivery ----

// False: the trigger is stopping.
Task<bool> TriggerRunner::AwaitHost() {
  while (!is_stopping() && !HostIsThere()) {
    co_await SleepUntil(ports_.clock.Steady() + kHostProbeInterval);
  }
  co_return !is_stopping();
}

// Plugins could run when the run began and cannot now: not this one's fault, it is run again.
void TriggerRunner::BlameHostIfGone(CallReport& report) const {
  const bool is_failure =
      report.row.outcome == RunOutcome::kFailed || report.row.outcome == RunOutcome::kCrashed;
  if (is_failure && !ports_.host.Unavailable().empty()) {
    report.row.outcome = RunOutcome::kInterrupted;
  }
}

CallOrder TriggerRunner::OrderFor(const Story& story) const {
  CallOrder order;
  order.call = story.batch.call;
  order.batch_id = fmt::format("{}-{}", callee_.trigger->id.value(), story.batch.first_write);
  order.attempt = story.attempt;
  order.depth = DepthOfOutput(story.batch);
  order.rows_in = story.batch.rows;
  return order;
}

Task<RunEnd> TriggerRunner::Commit(RunRow row, std::vector<RunOutput> outputs,
                                   wal::SequenceRange consumed, std::uint8_t depth) {
  RunCommitRequest request;
  request.trigger = callee_.trigger->id;
  request.consumed = consumed;
  request.depth = depth;
  request.outputs = std::move(outputs);
  request.run = std::move(row);
  request.run.consumed = consumed;
  WaitUntil wait = [this](std::chrono::nanoseconds due) { return SleepUntil(due); };
  co_return co_await CommitRun(ports_, request, std::move(wait));
}

void TriggerRunner::NoteEnd(const RunRow& row) {
  metrics_.RunEnded(row.outcome, row.duration);
  bool is_broken = false;
  {
    MutexLock lock(mutex_);
    ++runs_;
    if (row.outcome != RunOutcome::kOk) {
      ++failures_;
      last_error_ = row.error;
    }
    crashes_in_a_row_ = row.outcome == RunOutcome::kCrashed ? crashes_in_a_row_ + 1 : 0;
    is_broken = crashes_in_a_row_ >= kCrashesInARowMax;
    if (is_broken) state_.PauseUntil(ports_.clock.Steady() + kBrokenProbeInterval);
  }
  if (is_broken) {
    LogFor(ports_, row, LogSeverity::kWarn,
           "the plugin's process crashes again and again: the next run is in 60 s");
  }
}

void TriggerRunner::NoteFailure(Story& story, RunOutcome outcome) const {
  const auto now = ports_.clock.Steady();
  BatchHistory& history = story.history;
  history.outcome = outcome;
  if (outcome == RunOutcome::kCancelled || outcome == RunOutcome::kInterrupted) {
    ++history.interruptions;
    return;
  }
  history.interruptions = 0;
  if (history.failures++ == 0) story.first_failure = now;
  history.since_first_failure = now - story.first_failure;
}

void TriggerRunner::WarnIfTooDeep(const Story& story, const CallReport& report) const {
  const unsigned depth = DepthOfOutput(story.batch);
  if (depth < options_.depth_max || report.result.outputs.empty()) return;
  const auto origin = ports_.catalog.Get()->FindTrigger(story.batch.deepest_origin);
  LogFor(ports_, report.row, LogSeverity::kWarn,
         fmt::format("triggers call one another in a chain of {}, the last links are '{}' and "
                     "'{}': this output is stored, but wakes no trigger any more",
                     depth, origin ? origin->name : "(deleted)", callee_.trigger->name));
}

void TriggerRunner::Halt(const std::string& why) {
  {
    MutexLock lock(mutex_);
    state_.Halt();
    last_error_ = why;
  }
  LogForTrigger(LogSeverity::kError,
                fmt::format("the end of a run may or may not be stored: the trigger waits for a "
                            "restart of the server ({})",
                            why));
}

void TriggerRunner::DisableAfter(const RunRow& row) {
  {
    MutexLock lock(mutex_);
    state_.Halt();
    is_disabled_ = true;
  }
  LogFor(ports_, row, LogSeverity::kError, "disabled after this failure, as the trigger is set to");
}

Task<bool> TriggerRunner::SleepUntil(std::chrono::nanoseconds due) {
  const Completion<bool> moment;
  {
    MutexLock lock(mutex_);
    if (state_.is_stopping()) co_return false;
    sleepers_.push_back(moment);
  }
  ports_.executor.PostAt(due, [moment] { moment.Complete(true); });
  const bool slept = co_await moment;
  {
    MutexLock lock(mutex_);
    std::erase_if(sleepers_, [](const auto& sleeper) { return sleeper.done(); });
  }
  co_return slept;
}

bool TriggerRunner::is_stopping() const {
  MutexLock lock(mutex_);
  return state_.is_stopping();
}

void TriggerRunner::LogForTrigger(LogSeverity severity, std::string text) const {
  const LogLevel level = severity == LogSeverity::kError  ? LogLevel::kError
                         : severity == LogSeverity::kWarn ? LogLevel::kWarn
                                                          : LogLevel::kInfo;
  Log(level, "engine", "{} (database '{}', trigger '{}')", text, callee_.database,
      callee_.trigger->name);
  RunLog(ports_.clock, ports_.logs, callee_.database, callee_.trigger->name, "")
      .Write(severity, std::move(text));
}

}  // namespace tidemill::engine
