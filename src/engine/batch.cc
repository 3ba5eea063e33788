#include "engine/batch.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/status_macros.h"
#include "engine/batch_builder.h"

namespace tidemill::engine {
namespace {

constexpr std::size_t kReadBytes = 4 << 20;  // asked of the log at a time

}  // namespace

std::size_t TableBatch::rows() const {
  std::size_t rows = 0;
  for (const NamedBlock& block : blocks) rows += block.rows->rows();
  return rows;
}

BatchReader::BatchReader(wal::Wal& wal, const catalog::Catalog& catalog, WriteFilter filter,
                         Limits limits)
    : wal_(wal), catalog_(catalog), filter_(std::move(filter)), limits_(limits) {}

Result<Batch> BatchReader::Next(Sequence taken, Sequence read_after) const {
  BatchBuilder builder(filter_, limits_.rows_max, limits_.bytes_max);
  Sequence looked_at = std::max(taken, read_after);
  std::size_t scanned_bytes = 0;
  while (scanned_bytes < limits_.scanned_bytes_max) {
    TRY_ASSIGN(const auto records, wal_.Read(looked_at, kReadBytes));
    if (records.empty()) return builder.Take({taken + 1, looked_at}, /*reached_end=*/true);
    // Taken after the records were read, so that it is as new as they need.
    const auto catalog = catalog_.Get();
    for (const wal::CommittedRecord& record : records) {
      if (!builder.Add(record, *catalog)) return builder.Take({taken + 1, looked_at}, false);
      looked_at = record.sequence;
      scanned_bytes += record.bytes;
    }
  }
  return builder.Take({taken + 1, looked_at}, /*reached_end=*/false);
}

Result<Batch> BatchReader::Again(wal::SequenceRange range, Sequence read_after) const {
  constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
  BatchBuilder builder(filter_, kNoLimit, kNoLimit);
  Sequence looked_at = read_after;
  while (looked_at < range.last) {
    TRY_ASSIGN(const auto records, wal_.Read(looked_at, kReadBytes));
    if (records.empty()) break;
    const auto catalog = catalog_.Get();
    for (const wal::CommittedRecord& record : records) {
      if (record.sequence > range.last) break;
      static_cast<void>(builder.Add(record, *catalog));
    }
    looked_at = records.back().sequence;
  }
  return builder.Take(range, /*reached_end=*/false);
}

}  // namespace tidemill::engine
