#include "engine/plugin_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/duration.h"
#include "base/log.h"
#include "base/overload.h"
#include "base/strings.h"
#include "base/timestamp.h"
#include "engine/run_context.h"

namespace tidemill::engine {
namespace {

// "write": as the table of runs names it; "wal": as log rows do, which existing tools search for.
std::string_view KindOf(const Call& call) {
  return std::visit(Overload{[](const WriteCall&) { return "write"; },
                             [](const ScheduleCall&) { return "schedule"; },
                             [](const RequestCall&) { return "request"; }},
                    call);
}

bool IsOwnFault(RunOutcome outcome) {
  return outcome != RunOutcome::kCancelled && outcome != RunOutcome::kInterrupted;
}

std::string_view LogNameOf(std::string_view kind) { return kind == "write" ? "wal" : kind; }

std::string StartText(const Call& call) {
  if (const auto* schedule = std::get_if<ScheduleCall>(&call)) {
    std::string time = PrintTimestamp(schedule->nominal);
    std::replace(time.begin(), time.end(), 'T', ' ');
    return fmt::format("starting execution with scheduled time {} UTC", time);
  }
  return fmt::format("starting execution of {} plugin.", LogNameOf(KindOf(call)));
}

// One output per database, in the order the databases were first written to; lines in the order
// they were queued.
std::vector<RunOutput> ByDatabase(std::vector<RunOutput> outputs, const std::string& own) {
  std::vector<RunOutput> grouped;
  for (RunOutput& output : outputs) {
    if (output.database.empty()) output.database = own;
    const auto known = std::find_if(grouped.begin(), grouped.end(), [&](const RunOutput& other) {
      return other.database == output.database;
    });
    if (known == grouped.end()) {
      grouped.push_back(std::move(output));
    } else {
      known->lines += '\n' + output.lines;
    }
  }
  return grouped;
}

// Lines of text with something in them.
std::uint64_t CountLines(const std::vector<RunOutput>& outputs) {
  std::uint64_t lines = 0;
  for (const RunOutput& output : outputs) {
    for (const std::string_view line : Split(output.lines, '\n')) {
      if (!Trim(line).empty()) ++lines;
    }
  }
  return lines;
}

// Existing tools search for these texts.
std::string FailureText(const RunRow& row) {
  const std::string_view kind = LogNameOf(row.kind);
  if (row.outcome == RunOutcome::kOutputRefused) {
    return fmt::format("error running {} plugin: error writing back lines: {}", kind, row.error);
  }
  if (IsOwnFault(row.outcome)) return fmt::format("error executing {} plugin: {}", kind, row.error);
  return fmt::format("execution of {} plugin was {}: {}", kind, PrintRunOutcome(row.outcome),
                     row.error);
}

RunRow RowOf(const RunnerPorts& ports, const Callee& callee, const CallOrder& order) {
  RunRow row;
  row.time = ports.clock.Now();
  row.run_id = MakeUuid(ports.random);
  row.batch_id = order.batch_id;
  row.database = callee.database;
  row.trigger = callee.trigger->name;
  row.plugin = callee.trigger->plugin_filename;
  row.kind = KindOf(order.call);
  row.attempt = order.attempt;
  row.rows_in = order.rows_in;
  return row;
}

RunRequest RequestOf(const Callee& callee, const RunRow& row, CallOrder order) {
  RunRequest request;
  request.run_id = row.run_id;
  request.batch_id = std::move(order.batch_id);
  request.attempt = order.attempt;
  request.trigger = callee.trigger;
  request.database = callee.database;
  request.call = std::move(order.call);
  request.time_limit = callee.time_limit;
  return request;
}

}  // namespace

Task<CallReport> CallPlugin(const RunnerPorts& ports, const Callee& callee, CallOrder order) {
  CallReport report;
  report.row = RowOf(ports, callee, order);
  RunLog log(ports.clock, ports.logs, callee.database, callee.trigger->name, report.row.run_id);
  log.Write(LogSeverity::kInfo, StartText(order.call));

  const std::chrono::nanoseconds began = ports.clock.Steady();
  RunContext services(
      RunContext::Ports{ports.clock, ports.wal, ports.committer, ports.queries, ports.cache},
      RunContext::Run{callee.trigger->id, callee.database, order.depth, callee.time_limit}, log);
  Task<RunResult> run = ports.host.Run(RequestOf(callee, report.row, std::move(order)), services);
  report.result = co_await std::move(run);
  co_await HopTo(ports.executor);

  report.row.duration = ports.clock.Steady() - began;
  report.row.outcome = report.result.outcome;
  if (report.result.outcome == RunOutcome::kOk) {
    log.Write(LogSeverity::kInfo,
              fmt::format("finished execution in {}", PrintDurationExact(report.row.duration)));
    report.result.outputs = ByDatabase(std::move(report.result.outputs), callee.database);
    report.row.lines_out = CountLines(report.result.outputs);
  } else {
    report.row.error = report.result.error;
    report.row.traceback = report.result.traceback;
    report.result.outputs.clear();
  }
  ports.load.Add(report.row.duration, ports.clock.Steady());
  co_return report;
}

void ReportFailure(const RunnerPorts& ports, const RunRow& row) {
  std::string text = FailureText(row);
  const LogSeverity severity = IsOwnFault(row.outcome) ? LogSeverity::kError : LogSeverity::kWarn;
  Log(severity == LogSeverity::kError ? LogLevel::kError : LogLevel::kWarn, "engine",
      "{} (database '{}', trigger '{}', run {})", text, row.database, row.trigger, row.run_id);
  LogFor(ports, row, severity, std::move(text));
}

void LogFor(const RunnerPorts& ports, const RunRow& row, LogSeverity severity, std::string text) {
  RunLog(ports.clock, ports.logs, row.database, row.trigger, row.run_id)
      .Write(severity, std::move(text));
}

}  // namespace tidemill::engine
