#include "app/adapters/internal_tables.h"

#include "app/adapters/line_text.h"

namespace tidemill::app {
namespace {

std::string_view LevelName(engine::LogSeverity severity) {
  switch (severity) {
    case engine::LogSeverity::kInfo: return "INFO";
    case engine::LogSeverity::kWarn: return "WARN";
    case engine::LogSeverity::kError: return "ERROR";
  }
  return "INFO";
}

}  // namespace

void AppendRunLine(const engine::RunRow& run, std::string& out) {
  LineText line(kRunsTable, out);
  line.Tag("database_name", run.database)
      .Tag("trigger_name", run.trigger)
      .Tag("outcome", engine::PrintRunOutcome(run.outcome));
  line.Text("run_id", run.run_id)
      .Text("batch_id", run.batch_id)
      .Text("plugin_filename", run.plugin)
      .Text("kind", run.kind);
  line.Integer("attempt", run.attempt).Text("error", run.error).Text("traceback", run.traceback);
  line.Integer("first_sequence", static_cast<std::int64_t>(run.consumed.first))
      .Integer("last_sequence", static_cast<std::int64_t>(run.consumed.last));
  line.Integer("rows_in", static_cast<std::int64_t>(run.rows_in))
      .Integer("lines_out", static_cast<std::int64_t>(run.lines_out));
  line.Integer("duration_ns", run.duration.count());
  line.End(run.time);
}

void AppendLogLine(const engine::LogRow& row, std::string& out) {
  LineText line(kLogsTable, out);
  line.Tag("database_name", row.database)
      .Tag("trigger_name", row.trigger)
      .Tag("log_level", LevelName(row.severity));
  line.Text("log_text", row.text).Text("run_id", row.run_id);
  line.End(row.time);
}

}  // namespace tidemill::app
