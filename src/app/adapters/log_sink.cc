#include "app/adapters/log_sink.h"

#include <algorithm>

#include "app/adapters/internal_tables.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "model/names.h"

namespace tidemill::app {

LogSinkAdapter::LogSinkAdapter(Clock& clock, ingest::WriteService& writes,
                               observe::Metrics& metrics)
    : clock_(clock),
      writes_(writes),
      dropped_total_(metrics.counter("tidemill_plugin_log_rows_dropped_total",
                                     "Plugin log rows dropped because the queue was full")),
      thread_([this] { Loop(); }) {}

LogSinkAdapter::~LogSinkAdapter() { Stop(); }

void LogSinkAdapter::Write(engine::LogRow row) {
  if (queue_.TryPush(std::move(row))) return;
  ++dropped_;
  dropped_total_.Add();
}

void LogSinkAdapter::Stop() {
  queue_.Close();
  if (thread_.joinable()) thread_.join();
}

void LogSinkAdapter::Loop() {
  SetThreadName("plugin-logs");
  while (auto row = queue_.Pop()) WriteBatch(std::move(*row));
}

void LogSinkAdapter::WriteBatch(engine::LogRow first) {
  ingest::WriteRequest write;
  write.database = std::string(model::kInternalDatabase);
  write.precision = model::Precision::kNanosecond;
  write.internal = true;
  write.no_sync = true;
  const auto append = [&](engine::LogRow row) {
    // A row's identity is its tags and time: one nanosecond later is still the same moment to a
    // reader.
    row.time = std::max(row.time, last_time_ + std::chrono::nanoseconds(1));
    last_time_ = row.time;
    AppendLogLine(row, write.body);
  };
  append(std::move(first));
  for (std::size_t rows = 1; rows < kBatchRowsMax && queue_.size() > 0; ++rows)
    append(*queue_.Pop());
  if (const std::uint64_t dropped = dropped_.exchange(0); dropped > 0) {
    engine::LogRow row;
    row.time = clock_.Now();
    row.severity = engine::LogSeverity::kWarn;
    row.text = std::to_string(dropped) + " log rows were dropped: the queue was full";
    append(std::move(row));
  }
  if (auto outcome = BlockOn(writes_.Write(write)); !outcome.ok()) {
    Log(LogLevel::kWarn, "engine", "plugin log rows not stored: {}", outcome.error().message);
  }
}

}  // namespace tidemill::app
