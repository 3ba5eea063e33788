// What others tell a runner and ask of it.
#include <utility>

#include "engine/trigger_runner.h"

namespace tidemill::engine {
namespace {

PacingLimits PacingOf(const ProcessingEngine::Options& options) {
  return {.batch_rows_max = options.batch_rows_max,
          .interval_min = options.run_interval_min,
          .interval_max = options.run_interval_max,
          .cores = static_cast<double>(options.cores)};
}

}  // namespace

TriggerRunner::TriggerRunner(const RunnerPorts& ports, const ProcessingEngine::Options& options,
                             std::shared_ptr<const model::Trigger> trigger, std::string database,
                             const wal::TriggerState& progress, DisableWish disable_wish)
    : ports_(ports),
      options_(options),
      callee_{std::move(trigger), std::move(database), options.run_time_limit},
      disable_wish_(std::move(disable_wish)),
      reader_(ports.wal, ports.catalog, filter(),
              {.rows_max = options.batch_rows_max, .bytes_max = options.batch_bytes_max}),
      metrics_(ports.metrics, callee_.database, callee_.trigger->name),
      bell_(ports.executor),
      state_(PacingOf(options), callee_.trigger->run_async ? kAsyncRunsMax : 1,
             PlanResume(progress)) {}

WriteFilter TriggerRunner::filter() const { return {*callee_.trigger, options_.depth_max}; }

void TriggerRunner::OnMatch(const Match& match) {
  bool is_news = false;
  {
    MutexLock lock(mutex_);
    is_news = state_.NoteMatch(match);
  }
  if (is_news) bell_.Ring();
}

void TriggerRunner::FollowLog(Sequence told) {
  std::optional<Sequence> low_water;
  std::size_t pending_bytes = 0;
  {
    MutexLock lock(mutex_);
    low_water = state_.FollowLog(told);
    pending_bytes = state_.pending_bytes();
  }
  if (low_water) ports_.wal.NoteCaughtUp(callee_.trigger->id, *low_water);
  const auto progress = ports_.wal.trigger_state(callee_.trigger->id);
  const Sequence done = progress ? progress->low_water : 0;
  metrics_.SetLag(told > done ? told - done : 0, pending_bytes);
}

void TriggerRunner::Stop() {
  std::vector<Completion<bool>> sleepers;
  {
    MutexLock lock(mutex_);
    state_.Stop();
    sleepers.swap(sleepers_);
  }
  for (const auto& sleeper : sleepers) {
    ports_.executor.Post([sleeper] { sleeper.Complete(false); });
  }
  bell_.Ring();
  metrics_.SetLag(0, 0);
}

Completion<Done> TriggerRunner::Ended() {
  Completion<Done> ended;
  MutexLock lock(mutex_);
  if (has_ended_) {
    ended.Complete(Done{});  // nobody waits for it yet
  } else {
    awaiting_end_.push_back(ended);
  }
  return ended;
}

void TriggerRunner::NoteEnded() {
  std::vector<Completion<Done>> waiting;
  {
    MutexLock lock(mutex_);
    has_ended_ = true;
    waiting.swap(awaiting_end_);
  }
  for (const auto& waiter : waiting) waiter.Complete(Done{});
}

TriggerStatus TriggerRunner::Status() const {
  const auto progress = ports_.wal.trigger_state(callee_.trigger->id);
  MutexLock lock(mutex_);
  return {.trigger = callee_.trigger,
          .database = callee_.database,
          .state = StateName(),
          .low_water = progress ? progress->low_water : state_.taken(),
          .runs = runs_,
          .failures = failures_,
          .last_error = last_error_};
}

std::string TriggerRunner::StateName() const {
  if (is_disabled_) return "disabled";
  if (state_.is_halted() || !unavailable_.empty()) return "waiting";
  if (!sleepers_.empty()) return "backing off";
  if (state_.running() > 0) return "running";
  if (crashes_in_a_row_ >= kCrashesInARowMax && state_.has_work()) return "backing off";
  return state_.has_work() ? "waiting" : "idle";
}

}  // namespace tidemill::engine
