#include "storage/flush_policy.h"

#include <gtest/gtest.h>

namespace tidemill::storage {
namespace {

const FlushLimits kLimits = {.table_bytes = 100, .buffers_bytes = 250, .wal_bytes = 1'000};

std::vector<std::uint32_t> Choose(const std::vector<BufferedTable>& tables,
                                  const WalUse& wal = {}) {
  std::vector<std::uint32_t> ids;
  for (const TableId id : ChooseTables(tables, kLimits, wal)) ids.push_back(id.value());
  return ids;
}

using Ids = std::vector<std::uint32_t>;

TEST(FlushPolicy, LeavesSmallTablesAlone) {
  EXPECT_EQ(Choose({}), Ids{});
  EXPECT_EQ(Choose({{TableId(1), 100, 1}, {TableId(2), 90, 1}}), Ids{});
}

TEST(FlushPolicy, TakesEveryLargeTableLargestFirst) {
  EXPECT_EQ(Choose({{TableId(1), 101, 1}, {TableId(2), 5, 1}, {TableId(3), 110, 1}}), (Ids{3, 1}));
}

TEST(FlushPolicy, WhenAllTogetherAreTooMuchTakesTheLargestUntilHalfIsLeft) {
  EXPECT_EQ(
      Choose({{TableId(1), 60, 1}, {TableId(2), 70, 1}, {TableId(3), 80, 1}, {TableId(4), 50, 1}}),
      (Ids{3, 2}));
}

TEST(FlushPolicy, WhenTheLogIsLongTakesWhatHoldsItsOldestSegment) {
  const std::vector<BufferedTable> tables = {{TableId(1), 5, 10}, {TableId(2), 50, 11}};
  EXPECT_EQ(Choose(tables, {.bytes = 1'000, .oldest_segment_last = 10}), Ids{});
  EXPECT_EQ(Choose(tables, {.bytes = 1'001, .oldest_segment_last = 10}), Ids{1});
  EXPECT_EQ(Choose(tables, {.bytes = 1'001, .oldest_segment_last = 11}), (Ids{2, 1}));
}

}  // namespace
}  // namespace tidemill::storage
