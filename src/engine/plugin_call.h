// One call of a plugin, from the log row that announces it to its outcome: the same for every kind
// of trigger.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/task.h"
#include "engine/ports.h"
#include "engine/runner_ports.h"
#include "model/trigger.h"

namespace tidemill::engine {

// Who is called; the same for every run of a trigger.
struct Callee {
  std::shared_ptr<const model::Trigger> trigger;
  std::string database;
  std::chrono::nanoseconds time_limit{0};
};

struct CallOrder {
  Call call;
  std::string batch_id;
  std::uint32_t attempt = 1;
  std::uint8_t depth = 0;  // of what the run writes
  std::uint64_t rows_in = 0;
};

struct CallReport {
  RunRow row;        // all but what the commit adds
  RunResult result;  // outputs are empty unless the outcome is ok
};

// Goes on on the executor.
Task<CallReport> CallPlugin(const RunnerPorts& ports, const Callee& callee, CallOrder order);

// Writes the log row of a run that failed, and the same to the server's log.
void ReportFailure(const RunnerPorts& ports, const RunRow& row);
// A log row in the name of the run.
void LogFor(const RunnerPorts& ports, const RunRow& row, LogSeverity severity, std::string text);

}  // namespace tidemill::engine
