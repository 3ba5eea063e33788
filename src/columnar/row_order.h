// The order of rows in a file and in a merge: by tags in creation order, then time, then arrival.
//
// Tag values are ranked once per dictionary (NULL first, then by bytes), series are put in order by
// their ranks, rows are counted into their series and sorted by time inside: no row is ever
// compared by its tags. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"
#include "columnar/chunk.h"

namespace tidemill::columnar {

struct RowRef {
  std::int64_t time = 0;
  std::uint32_t chunk = 0;  // index of the slice
  std::uint32_t row = 0;
};

// Every row of the slices, in order of arrival.
std::vector<RowRef> AllRows(std::span<const ChunkSlice> slices);

// Puts `rows`, which are in order of arrival, in order. The slices (oldest first) may belong to
// several generations. `tags`: the sort key.
std::vector<RowRef> OrderRows(std::span<const ChunkSlice> slices, std::span<const ColumnId> tags,
                              std::span<const RowRef> rows);

}  // namespace tidemill::columnar
