#include "app/replay_report.h"

#include <fmt/format.h>

#include "base/log.h"

namespace tidemill::app {
namespace {

// Often enough for whoever watches, seldom enough to cost nothing.
constexpr std::chrono::nanoseconds kNoteInterval = std::chrono::milliseconds(50);

double Mebibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

Status ReplayReport::Note(const wal::ReplayProgress& progress) {
  const auto now = clock_.Steady();
  if (now < note_at_) return Ok();
  note_at_ = now + kNoteInterval;
  if (is_stop_wanted_()) {
    return Error{ErrorCode::kCancelled, "stopped while the log was replayed: nothing is lost"};
  }
  const std::string step =
      fmt::format("replaying the log: {:.1f} of {:.1f} MiB, {} records", Mebibytes(progress.bytes),
                  Mebibytes(progress.bytes_total), progress.records);
  gate_.Note(step);
  if (now < log_at_) return Ok();
  log_at_ = now + kLogInterval;
  Log(LogLevel::kInfo, "app", "{}", step);
  return Ok();
}

void ReplayReport::Finish(const wal::Wal::Replayed& replayed, std::uint64_t dropped_rows) const {
  gate_.Note("the log is replayed, starting the processing engine");
  if (replayed.records > 0) {
    Log(LogLevel::kInfo, "app", "replayed {} records of the log in {:.2f} s, up to sequence {}",
        replayed.records, std::chrono::duration<double>(clock_.Steady() - began_).count(),
        replayed.last);
  }
  if (dropped_rows > 0) {
    Log(LogLevel::kInfo, "app", "skipped {} rows of tables that are deleted", dropped_rows);
  }
}

}  // namespace tidemill::app
