// What /metrics shows of one trigger.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/ports.h"
#include "observe/metrics.h"

namespace tidemill::engine {

class TriggerMetrics {
 public:
  TriggerMetrics(observe::Metrics& metrics, const std::string& database,
                 const std::string& trigger);

  void RunEnded(RunOutcome outcome, std::chrono::nanoseconds duration);
  // How far delivery is behind the durable end of the log: all records, and bytes of the records
  // that wait for this trigger.
  void SetLag(std::uint64_t sequences, std::uint64_t bytes);

 private:
  observe::Counter& RunsWith(RunOutcome outcome);

  observe::Metrics& metrics_;
  const observe::Labels labels_;
  observe::Counter& failures_;
  observe::Histogram& duration_;
  observe::Gauge& lag_sequences_;
  observe::Gauge& lag_bytes_;
};

}  // namespace tidemill::engine
