// The tables of `_internal` that the engine's runs and logs are kept in, and their system views.
//
// Writers: run_committer.cc (runs, inside the run's own commit) and log_sink.cc (logs). Readers:
// system_tables.cc.
#pragma once

#include <string>
#include <string_view>

#include "engine/ports.h"

namespace tidemill::app {

inline constexpr std::string_view kRunsTable = "processing_engine_runs";
inline constexpr std::string_view kLogsTable = "processing_engine_logs";

void AppendRunLine(const engine::RunRow& run, std::string& out);
void AppendLogLine(const engine::LogRow& row, std::string& out);

}  // namespace tidemill::app
