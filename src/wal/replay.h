// Reads the segments of a directory at start, oldest first, and says where the log ends.
//
// The one judgement made here: bytes that are no frame, with no later frame behind them, are the
// torn end of a write that was never acknowledged, and are cut off. With a later frame behind them
// they are damage: one group is in flight at a time, so what is missing had been acknowledged.
// Damage stops the start.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "wal/ledger.h"
#include "wal/segment_log.h"
#include "wal/wal.h"

namespace tidemill::wal {

struct ReplayedLog {
  std::vector<Segment> segments;  // oldest first
  LogPosition last;
  std::size_t records = 0;
  std::uint64_t torn_bytes = 0;
};

// Records go to `ledger`, then to `replay`; `progress` (may be empty) is told after every group,
// and an error of either stops. When this returns ok, all that it read is durable. kCorrupt:
// damage, naming file, offset and sequences. kUnsupported: a newer format.
Result<ReplayedLog> ReplaySegments(FileSystem& fs, const std::string& directory, Ledger& ledger,
                                   const std::function<Status(const CommittedRecord&)>& replay,
                                   const std::function<Status(const ReplayProgress&)>& progress);

}  // namespace tidemill::wal
