// engine::LogSink over ingest: plugin log rows go to `_internal` in batches, without making a run
// wait.
//
// A full queue drops rows and counts them; the count is itself a row as soon as there is room.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "engine/ports.h"
#include "ingest/write_service.h"
#include "observe/metrics.h"

namespace tidemill::app {

class LogSinkAdapter final : public engine::LogSink {
 public:
  LogSinkAdapter(Clock& clock, ingest::WriteService& writes, observe::Metrics& metrics);
  ~LogSinkAdapter() override;
  void Write(engine::LogRow row) override;
  // Writes what is queued and stops; safe twice.
  void Stop();

 private:
  void Loop();
  void WriteBatch(engine::LogRow first);

  static constexpr std::size_t kQueueRowsMax = 20'000;
  static constexpr std::size_t kBatchRowsMax = 2'000;

  Clock& clock_;
  ingest::WriteService& writes_;
  observe::Counter& dropped_total_;
  BoundedQueue<engine::LogRow> queue_{kQueueRowsMax};
  std::atomic<std::uint64_t> dropped_ = 0;  // since the last row that said so
  Timestamp last_time_ = Timestamp::Min();  // rows of one trigger must not share an instant
  std::jthread thread_;
};

}  // namespace tidemill::app
