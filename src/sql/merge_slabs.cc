#include "sql/merge_slabs.h"

#include <algorithm>
#include <cstdint>

namespace tidemill::sql {
namespace {

// A chunk may repeat itself, older chunks and files.
void AddChunks(const StoredTable& table, std::vector<TimeRange>& slabs) {
  for (const columnar::ChunkSlice& chunk : table.chunks) {
    if (chunk.may_overwrite) slabs.push_back({chunk.overwrite_min, chunk.overwrite_max});
  }
}

// A file does not repeat itself.
void AddFiles(const StoredTable& table, std::vector<TimeRange>& slabs) {
  for (auto newer = table.files.begin(); newer != table.files.end(); ++newer) {
    if (!newer->may_overwrite) continue;
    for (auto older = table.files.begin(); older != newer; ++older) {
      TimeRange both{newer->overwrite_min.nanos(), newer->overwrite_max.nanos()};
      both.Intersect({older->min_time.nanos(), older->max_time.nanos()});
      if (both.min <= both.max) slabs.push_back(both);
    }
  }
}

// Sorted ones that overlap become one.
std::vector<TimeRange> JoinOverlapping(const std::vector<TimeRange>& sorted) {
  std::vector<TimeRange> joined;
  for (const TimeRange& slab : sorted) {
    if (!joined.empty() && slab.min <= joined.back().max) {
      joined.back().max = std::max(joined.back().max, slab.max);
    } else {
      joined.push_back(slab);
    }
  }
  return joined;
}

// Gap between slab i and the next; unsigned, as it may be wider than half of all times.
std::uint64_t GapAfter(const std::vector<TimeRange>& slabs, std::size_t i) {
  return static_cast<std::uint64_t>(slabs[i + 1].min) - static_cast<std::uint64_t>(slabs[i].max);
}

// Every slab is a condition for the rows outside of it, so close ones become one.
void JoinClosest(std::vector<TimeRange>& slabs) {
  while (slabs.size() > kMergeSlabsMax) {
    std::size_t closest = 0;
    for (std::size_t i = 1; i + 1 < slabs.size(); ++i) {
      if (GapAfter(slabs, i) < GapAfter(slabs, closest)) closest = i;
    }
    slabs[closest].max = slabs[closest + 1].max;
    slabs.erase(slabs.begin() + static_cast<std::ptrdiff_t>(closest) + 1);
  }
}

}  // namespace

std::vector<TimeRange> MergeSlabs(const StoredTable& table) {
  std::vector<TimeRange> slabs;
  AddChunks(table, slabs);
  AddFiles(table, slabs);
  std::erase_if(slabs, [&](const TimeRange& slab) { return slab.max < table.cutoff.nanos(); });
  std::ranges::sort(slabs, {}, &TimeRange::min);
  slabs = JoinOverlapping(slabs);
  JoinClosest(slabs);
  return slabs;
}

bool IsInside(const std::vector<TimeRange>& slabs, std::int64_t first, std::int64_t last) {
  return std::ranges::any_of(slabs,
                             [&](const TimeRange& slab) { return slab.Contains(first, last); });
}

}  // namespace tidemill::sql
