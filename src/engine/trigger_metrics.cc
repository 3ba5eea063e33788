#include "engine/trigger_metrics.h"

namespace tidemill::engine {

TriggerMetrics::TriggerMetrics(observe::Metrics& metrics, const std::string& database,
                               const std::string& trigger)
    : metrics_(metrics),
      labels_({{"database", database}, {"trigger", trigger}}),
      failures_(metrics.counter("tidemill_trigger_failures_total",
                                "Runs of a trigger that did not end ok", labels_)),
      duration_(metrics.histogram("tidemill_trigger_run_duration_seconds",
                                  "Time from the call of a plugin to its end", labels_)),
      lag_sequences_(metrics.gauge("tidemill_trigger_lag_sequences",
                                   "Log records a trigger is behind the durable end", labels_)),
      lag_bytes_(metrics.gauge("tidemill_trigger_lag_bytes",
                               "Bytes of log records that wait for a trigger", labels_)) {}

void TriggerMetrics::RunEnded(RunOutcome outcome, std::chrono::nanoseconds duration) {
  RunsWith(outcome).Add();
  if (outcome != RunOutcome::kOk) failures_.Add();
  duration_.Observe(duration.count());
}

void TriggerMetrics::SetLag(std::uint64_t sequences, std::uint64_t bytes) {
  lag_sequences_.Set(static_cast<std::int64_t>(sequences));
  lag_bytes_.Set(static_cast<std::int64_t>(bytes));
}

observe::Counter& TriggerMetrics::RunsWith(RunOutcome outcome) {
  observe::Labels labels = labels_;
  labels.emplace_back("outcome", PrintRunOutcome(outcome));
  return metrics_.counter("tidemill_trigger_runs_total", "Runs of a trigger by how they ended",
                          labels);
}

}  // namespace tidemill::engine
