// The stretches of time in which a stored table may hold the same point twice.
//
// Chunks and files say when a row of theirs may be an earlier point again; everything outside these
// stretches can be read as it is. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "sql/ports.h"
#include "sql/time_range.h"

namespace tidemill::sql {

inline constexpr std::size_t kMergeSlabsMax = 16;

// Apart from one another, in order of time, at most kMergeSlabsMax. Rows before the retention
// cutoff do not count.
std::vector<TimeRange> MergeSlabs(const StoredTable& table);

// All of [first, last] lies in one of `slabs`.
bool IsInside(const std::vector<TimeRange>& slabs, std::int64_t first, std::int64_t last);

}  // namespace tidemill::sql
