#include "columnar/generation.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidemill::columnar {
namespace {

using Codes = std::vector<std::uint32_t>;

TEST(Generation, NumbersSeriesInOrderOfFirstAppearance) {
  Generation generation(7, {ColumnId(2), ColumnId(3)});
  EXPECT_EQ(generation.InternSeries(Codes{1, 1}), 0U);
  EXPECT_EQ(generation.InternSeries(Codes{1, 2}), 1U);
  EXPECT_EQ(generation.InternSeries(Codes{2, 1}), 2U);
  EXPECT_EQ(generation.InternSeries(Codes{1, 2}), 1U);
  EXPECT_EQ(generation.series_count(), 3U);
  EXPECT_EQ(generation.epoch(), 7U);
}

TEST(Generation, AbsentTagIsAnIdentityOfItsOwn) {
  Generation generation(1, {ColumnId(2), ColumnId(3)});
  EXPECT_EQ(generation.InternSeries(Codes{1, 0}), 0U);
  EXPECT_EQ(generation.InternSeries(Codes{0, 1}), 1U);
  EXPECT_EQ(generation.InternSeries(Codes{0, 0}), 2U);
  EXPECT_EQ(generation.InternSeries(Codes{1, 0}), 0U);
}

TEST(Generation, TableWithoutTagsHasOneSeries) {
  Generation generation(1, {});
  EXPECT_EQ(generation.InternSeries({}), 0U);
  EXPECT_EQ(generation.InternSeries({}), 0U);
  EXPECT_EQ(generation.series_count(), 1U);
}

TEST(Generation, KeepsCodesOfManySeries) {
  Generation generation(1, {ColumnId(2), ColumnId(3)});
  constexpr std::uint32_t kSeries = 50'000;
  for (std::uint32_t i = 0; i < kSeries; ++i) {
    ASSERT_EQ(generation.InternSeries(Codes{i + 1, i % 7}), i);
  }
  for (std::uint32_t i = 0; i < kSeries; ++i) {
    ASSERT_EQ(generation.InternSeries(Codes{i + 1, i % 7}), i);
    ASSERT_EQ(generation.Code(i, 0), i + 1);
    ASSERT_EQ(generation.Code(i, 1), i % 7);
  }
}

TEST(Generation, GathersCodesOfOneTag) {
  Generation generation(1, {ColumnId(2), ColumnId(3)});
  for (std::uint32_t i = 0; i < 100; ++i) generation.InternSeries(Codes{i + 1, 1'000 + i});
  const std::vector<std::uint32_t> series = {99, 0, 17, 17};
  Codes gathered(series.size());
  generation.GatherCodes(1, series, gathered.data());
  EXPECT_EQ(gathered, (Codes{1'099, 1'000, 1'017, 1'017}));
}

TEST(Generation, RemembersTheNewestTimeOfEachSeries) {
  Generation generation(1, {ColumnId(2)});
  const std::uint32_t series = generation.InternSeries(Codes{1});
  EXPECT_EQ(generation.last_time(series), Generation::kNoTime);
  generation.set_last_time(series, 42);
  generation.InternSeries(Codes{2});
  EXPECT_EQ(generation.last_time(series), 42);
}

TEST(Generation, CountsDictionariesAndSeriesAsMemory) {
  Generation generation(1, {ColumnId(2)});
  const std::size_t empty = generation.memory_bytes();
  generation.writable_dictionary(0).Intern(std::string(100'000, 'x'));
  const std::size_t with_value = generation.memory_bytes();
  EXPECT_GE(with_value, empty + 100'000);
  for (std::uint32_t i = 0; i < 10'000; ++i) generation.InternSeries(Codes{i});
  EXPECT_GE(generation.memory_bytes(), with_value + 10'000 * (sizeof(std::uint32_t) + 8));
}

}  // namespace
}  // namespace tidemill::columnar
