#include "storage/flush_policy.h"

#include <algorithm>

namespace tidemill::storage {

std::vector<TableId> ChooseTables(std::vector<BufferedTable> tables, const FlushLimits& limits,
                                  const WalUse& wal) {
  std::sort(tables.begin(), tables.end(), [](const BufferedTable& a, const BufferedTable& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.table < b.table;
  });
  std::uint64_t left_bytes = 0;
  for (const BufferedTable& table : tables) left_bytes += table.bytes;
  const bool frees_wal = wal.bytes > limits.wal_bytes;
  // Past the limit, well below it is the aim: else every few writes would flush a little.
  const std::uint64_t aim =
      left_bytes > limits.buffers_bytes ? limits.buffers_bytes / 2 : limits.buffers_bytes;

  std::vector<TableId> chosen;
  for (const BufferedTable& table : tables) {
    const bool is_large = table.bytes > limits.table_bytes;
    const bool keeps_segment = frees_wal && table.first_sequence <= wal.oldest_segment_last;
    if (!is_large && !keeps_segment && left_bytes <= aim) continue;
    chosen.push_back(table.table);
    left_bytes -= table.bytes;
  }
  return chosen;
}

}  // namespace tidemill::storage
