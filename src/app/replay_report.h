// Says how far the replay of the log has come: in the log now and then, and to whoever asks the
// server that starts.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/result.h"
#include "server/start_gate.h"
#include "wal/wal.h"

namespace tidemill::app {

class ReplayReport {
 public:
  // How often the log says it; a short replay is told once, at its end.
  static constexpr std::chrono::nanoseconds kLogInterval = std::chrono::seconds(2);

  ReplayReport(Clock& clock, server::StartGate& gate, const std::function<bool()>& is_stop_wanted)
      : clock_(clock),
        gate_(gate),
        is_stop_wanted_(is_stop_wanted),
        began_(clock.Steady()),
        log_at_(began_ + kLogInterval) {}

  // After every group. kCancelled: the server is to stop.
  Status Note(const wal::ReplayProgress& progress);
  // `dropped_rows`: of tables that are gone.
  void Finish(const wal::Wal::Replayed& replayed, std::uint64_t dropped_rows) const;

 private:
  Clock& clock_;
  server::StartGate& gate_;
  const std::function<bool()>& is_stop_wanted_;
  const std::chrono::nanoseconds began_;
  std::chrono::nanoseconds log_at_;
  std::chrono::nanoseconds note_at_{0};
};

}  // namespace tidemill::app
