#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/status_macros.h"

namespace tidemill {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return InvalidError(std::to_string(number) + " is odd");
  return number / 2;
}

Result<int> Quarter(int number) {
  TRY_ASSIGN(const int half, Half(number));
  TRY_ASSIGN(const int quarter, Half(half));
  return quarter;
}

Status Check(int number) {
  TRY(Half(number));
  return Ok();
}

TEST(Result, HoldsAValueOrAnError) {
  const auto good = Half(4);
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(*good, 2);
  const auto bad = Half(3);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(bad.error().message, "3 is odd");
}

TEST(Result, TryReturnsTheErrorUpward) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(5).error().message, "5 is odd");
  EXPECT_EQ(Quarter(6).error().message, "3 is odd");
  EXPECT_TRUE(Check(2).ok());
  EXPECT_EQ(Check(1).error().message, "1 is odd");
}

TEST(Result, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 5);
}

TEST(Result, ErrorsGainContextOnTheWayUp) {
  const Error error = NotFoundError("no table 'cpu'").Within("create trigger 'alert'");
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_EQ(error.message, "create trigger 'alert': no table 'cpu'");
}

TEST(ResultDeathTest, StopsTheProcessWhenAMissingValueIsUsed) {
  EXPECT_DEATH(static_cast<void>(Half(3).value()), "CHECK\\(ok\\(\\)\\) failed 3 is odd");
  EXPECT_DEATH(static_cast<void>(Half(2).error()), "CHECK");
}

}  // namespace
}  // namespace tidemill
