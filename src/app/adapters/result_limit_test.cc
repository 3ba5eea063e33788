#include "app/adapters/result_limit.h"

#include <gtest/gtest.h>

namespace tidemill::app {
namespace {

using columnar::ValueBatch;
using columnar::ValueKind;
using columnar::ValueVector;

constexpr std::size_t kMany = 1 << 30;
constexpr std::size_t kMiB = 1 << 20;

ValueVector Empty(ValueKind kind) {
  ValueVector vector;
  vector.type.kind = kind;
  return vector;
}

ValueVector Text(std::size_t bytes) {
  ValueVector vector = Empty(ValueKind::kString);
  vector.strings.Append(std::string(bytes, 'x'));
  return vector;
}

ValueBatch Batch(std::size_t rows, ValueVector column) {
  ValueBatch batch;
  batch.rows = rows;
  batch.columns.push_back(std::move(column));
  return batch;
}

TEST(ResultLimit, CountsTheRowsOfAllBatches) {
  ResultLimit limit(10, kMany);
  EXPECT_TRUE(limit.Add(Batch(6, {})).ok());
  EXPECT_TRUE(limit.Add(Batch(4, {})).ok());
  const Status over = limit.Add(Batch(1, {}));
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().code, ErrorCode::kLimit);
  EXPECT_EQ(over.error().message, "the result has more than 10 rows: aggregate, or add LIMIT");
}

TEST(ResultLimit, CountsTheBytesOfFewLongRows) {
  ResultLimit limit(kMany, 2 * kMiB);
  EXPECT_TRUE(limit.Add(Batch(1, Text(kMiB))).ok());
  const Status over = limit.Add(Batch(1, Text(kMiB)));
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().code, ErrorCode::kLimit);
  EXPECT_EQ(over.error().message,
            "the result is larger than 2 MiB: select fewer columns, aggregate, or add LIMIT");
}

TEST(ResultLimit, CountsWhatListsAndStructsHold) {
  ValueVector list = Empty(ValueKind::kList);
  list.children.push_back(Text(3 * kMiB));
  EXPECT_FALSE(ResultLimit(kMany, 2 * kMiB).Add(Batch(1, std::move(list))).ok());
  ValueVector numbers = Empty(ValueKind::kInt64);
  numbers.words.resize(kMiB);
  EXPECT_FALSE(ResultLimit(kMany, 2 * kMiB).Add(Batch(kMiB, std::move(numbers))).ok());
}

}  // namespace
}  // namespace tidemill::app
