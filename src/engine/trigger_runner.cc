// The story of one run: take the next batch, say that it begins, call the plugin, judge, commit
// what came of it together with the progress; then the next.
#include "engine/trigger_runner.h"

#include <fmt/format.h>

#include <utility>

#include "base/duration.h"
#include "base/log.h"

namespace tidemill::engine {

void TriggerRunner::Start() {
  StartTask(Live(), [self = shared_from_this()](Done) { self->NoteEnded(); });
}

Task<Done> TriggerRunner::Live() {
  co_await HopTo(ports_.executor);
  while (true) {
    const DeliveryState::Next next = Decide();
    switch (next.step) {
      case DeliveryState::Next::Step::kEnd: co_return Done{};
      case DeliveryState::Next::Step::kWait: co_await bell_.Wait(next.until); break;
      case DeliveryState::Next::Step::kDeliver:
        DeliverNext();
        co_await HopTo(ports_.executor);  // others have their turn
        break;
    }
  }
}

void TriggerRunner::DeliverNext() {
  if (!HostIsThere()) return;
  if (const auto cut = NextAgain()) {
    DeliverAgain(*cut);
  } else {
    DeliverNew();
  }
}

Task<Done> TriggerRunner::Deliver(Batch batch, std::uint32_t attempt) {
  Story story;
  story.batch = std::move(batch);
  story.attempt = attempt;
  while (true) {
    const bool again = co_await RunOnce(story);
    if (!again) co_return Done{};
  }
}

// True: the batch is to be run again.
Task<bool> TriggerRunner::RunOnce(Story& story) {
  const bool can_run = co_await AwaitHost();
  if (!can_run) co_return false;
  // Joins the open group; the run does not wait for it. Should the server die before the group is
  // on the disk, the batch begins at the same write again (contracts G.3).
  ports_.wal.Append(wal::RunStarted{callee_.trigger->id, story.batch.range, story.attempt});
  CallReport report = co_await CallPlugin(ports_, callee_, OrderFor(story));
  BlameHostIfGone(report);
  if (report.row.outcome == RunOutcome::kOk) {
    const bool is_over = co_await CommitOutput(story, report);
    if (is_over) co_return false;
  }
  co_return co_await AfterFailure(story, std::move(report));
}

// False: the output does not fit; `report` says so now.
Task<bool> TriggerRunner::CommitOutput(const Story& story, CallReport& report) {
  WarnIfTooDeep(story, report);
  const RunEnd end = co_await Commit(report.row, std::exchange(report.result.outputs, {}),
                                     story.batch.range, DepthOfOutput(story.batch));
  switch (end.kind) {
    case RunEnd::Kind::kCommitted: NoteEnd(report.row); break;
    case RunEnd::Kind::kAbandoned: break;
    case RunEnd::Kind::kUnknown: Halt(end.reason); break;
    case RunEnd::Kind::kRefused:
      report.row.outcome = RunOutcome::kOutputRefused;
      report.row.error = end.reason;
      report.row.lines_out = 0;
      co_return false;
  }
  co_return true;
}

// Nothing of the run's output is written. True: the batch is to be run again.
Task<bool> TriggerRunner::AfterFailure(Story& story, CallReport report) {
  const RunOutcome outcome = report.row.outcome;
  NoteEnd(report.row);
  NoteFailure(story, outcome);
  ReportFailure(ports_, report.row);
  const Action action =
      AfterRun(callee_.trigger->error_behavior, story.history, options_.retry_for, ports_.random);
  if (action.kind == Action::Kind::kPass) co_return co_await PassOver(story, std::move(report));

  const std::string error = report.row.error;
  if (action.kind == Action::Kind::kDisable) DisableAfter(report.row);
  // The run is recorded, the batch stays to be done.
  const RunEnd end = co_await Commit(std::move(report.row), {}, {0, 0}, 0);
  if (end.kind == RunEnd::Kind::kUnknown) Halt(end.reason);
  if (action.kind == Action::Kind::kDisable && !is_stopping()) disable_wish_(error);
  if (action.kind == Action::Kind::kDisable || end.kind != RunEnd::Kind::kCommitted) {
    co_return false;
  }
  if (action.kind == Action::Kind::kRetry) ++story.attempt;
  co_return co_await SleepUntil(ports_.clock.Steady() + action.delay);
}

// The batch is given up: progress without output.
Task<bool> TriggerRunner::PassOver(const Story& story, CallReport report) {
  if (story.history.failures > 1) {
    LogFor(ports_, report.row, LogSeverity::kError,
           fmt::format("gave up after {} attempts in {}: {} rows of batch {} are passed over",
                       story.history.failures, PrintDuration(story.history.since_first_failure),
                       story.batch.rows, report.row.batch_id));
  }
  const RunEnd end = co_await Commit(std::move(report.row), {}, story.batch.range, 0);
  if (end.kind == RunEnd::Kind::kUnknown) Halt(end.reason);
  co_return false;
}

// The log no longer has what the trigger was to be called for: recorded, never silent.
Task<Done> TriggerRunner::DeliverGap(wal::SequenceRange gap) {
  RunRow row;
  row.time = ports_.clock.Now();
  row.run_id = MakeUuid(ports_.random);
  row.batch_id = fmt::format("{}-{}", callee_.trigger->id.value(), gap.first);
  row.database = callee_.database;
  row.trigger = callee_.trigger->name;
  row.plugin = callee_.trigger->plugin_filename;
  row.kind = "write";
  row.outcome = RunOutcome::kFailed;
  row.error = fmt::format(
      "gap: the writes {} to {} are no longer in the write-ahead log; the plugin was not called "
      "for them",
      gap.first, gap.last);
  Log(LogLevel::kWarn, "engine", "{} (database '{}', trigger '{}')", row.error, row.database,
      row.trigger);
  LogFor(ports_, row, LogSeverity::kWarn, row.error);
  NoteEnd(row);
  const RunEnd end = co_await Commit(std::move(row), {}, gap, 0);
  if (end.kind == RunEnd::Kind::kUnknown) Halt(end.reason);
  co_return Done{};
}

}  // namespace tidemill::engine
