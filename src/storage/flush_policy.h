// Which tables to flush now. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "storage/table_set.h"

namespace tidemill::storage {

struct FlushLimits {
  std::uint64_t table_bytes = 0;    // a buffer above this is flushed
  std::uint64_t buffers_bytes = 0;  // all together above this: the largest are
  std::uint64_t wal_bytes = 0;      // the log above this: those that keep its oldest segment are
};

struct WalUse {
  std::uint64_t bytes = 0;
  Sequence oldest_segment_last = 0;  // the last write of the oldest segment; 0: there is none
};

// Largest first.
std::vector<TableId> ChooseTables(std::vector<BufferedTable> tables, const FlushLimits& limits,
                                  const WalUse& wal);

}  // namespace tidemill::storage
