#include "sql/merge_slabs.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemill::sql {
namespace {

columnar::ChunkSlice Chunk(std::int64_t overwrite_min, std::int64_t overwrite_max) {
  columnar::ChunkSlice chunk;
  chunk.may_overwrite = true;
  chunk.overwrite_min = overwrite_min;
  chunk.overwrite_max = overwrite_max;
  return chunk;
}

ParquetFile File(std::int64_t min, std::int64_t max) {
  ParquetFile file;
  file.min_time = Timestamp(min);
  file.max_time = Timestamp(max);
  return file;
}

ParquetFile Overwriting(std::int64_t min, std::int64_t max) {
  ParquetFile file = File(min, max);
  file.may_overwrite = true;
  file.overwrite_min = file.min_time;
  file.overwrite_max = file.max_time;
  return file;
}

std::string Slabs(const StoredTable& table) {
  std::string text;
  for (const TimeRange& slab : MergeSlabs(table)) {
    text += std::to_string(slab.min) + ".." + std::to_string(slab.max) + " ";
  }
  return text;
}

TEST(MergeSlabs, NothingIsMergedWhereNoRowMayOverwrite) {
  StoredTable table;
  table.chunks.emplace_back();
  table.files = {File(1, 10), File(5, 20)};
  EXPECT_EQ(Slabs(table), "");
}

TEST(MergeSlabs, AChunkMayRepeatItselfAFileOnlyOlderFiles) {
  StoredTable table;
  table.files = {Overwriting(0, 10), File(20, 30), Overwriting(25, 40), File(25, 40)};
  EXPECT_EQ(Slabs(table), "25..30 ");
  table.chunks = {Chunk(50, 60)};
  EXPECT_EQ(Slabs(table), "25..30 50..60 ");
}

TEST(MergeSlabs, SlabsThatOverlapAreOneAndThoseBeforeTheCutoffAreNone) {
  StoredTable table;
  table.chunks = {Chunk(5, 8), Chunk(1, 5), Chunk(20, 30), Chunk(22, 24)};
  EXPECT_EQ(Slabs(table), "1..8 20..30 ");
  table.cutoff = Timestamp(9);
  EXPECT_EQ(Slabs(table), "20..30 ");
}

TEST(MergeSlabs, TooManyBecomeFewByJoiningTheClosest) {
  StoredTable table;
  for (std::int64_t i = 0; i < 40; ++i) table.chunks.push_back(Chunk(i * 10, i * 10 + 1));
  table.chunks.push_back(Chunk(INT64_MIN, INT64_MIN));
  table.chunks.push_back(Chunk(INT64_MAX, INT64_MAX));
  const auto slabs = MergeSlabs(table);
  EXPECT_EQ(slabs.size(), kMergeSlabsMax);
  EXPECT_EQ(slabs.front().max, INT64_MIN);
  EXPECT_EQ(slabs.back().min, INT64_MAX);
  for (const auto& chunk : table.chunks) {
    EXPECT_TRUE(IsInside(slabs, chunk.overwrite_min, chunk.overwrite_max));
  }
}

TEST(MergeSlabs, InsideMeansInsideOfOne) {
  const std::vector<TimeRange> slabs = {{1, 5}, {8, 9}};
  EXPECT_TRUE(IsInside(slabs, 2, 5));
  EXPECT_FALSE(IsInside(slabs, 2, 8));
  EXPECT_FALSE(IsInside(slabs, 0, 1));
}

}  // namespace
}  // namespace tidemill::sql
