#include "base/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "base/status_macros.h"

namespace tidemill {
namespace {

Task<int> Add(Completion<int> left, Completion<int> right) {
  const int a = co_await left;
  const int b = co_await right;
  co_return a + b;
}

Task<Result<int>> HalfOf(Completion<int> number) {
  const int value = co_await number;
  if (value % 2 != 0) co_return InvalidError("odd");
  co_return value / 2;
}

Task<Result<int>> QuarterOf(Completion<int> number) {
  CO_TRY_ASSIGN(const int half, co_await HalfOf(number));
  co_return half / 2;
}

TEST(Task, RunsAsItsTicketsComplete) {
  const Completion<int> left;
  const Completion<int> right;
  int sum = 0;
  StartTask(Add(left, right), [&](int value) { sum = value; });
  EXPECT_TRUE(right.Complete(2));
  EXPECT_EQ(sum, 0);
  EXPECT_TRUE(left.Complete(1));
  EXPECT_EQ(sum, 3);
}

TEST(Task, CompletesOnce) {
  const Completion<int> ticket;
  EXPECT_FALSE(ticket.done());
  EXPECT_TRUE(ticket.Complete(1));
  EXPECT_FALSE(ticket.Complete(2));
  EXPECT_TRUE(ticket.done());
}

TEST(Task, ReturnsErrorsUpward) {
  Completion<int> even;
  Completion<int> odd;
  even.Complete(8);
  odd.Complete(3);
  EXPECT_EQ(*BlockOn(QuarterOf(even)), 2);
  EXPECT_EQ(BlockOn(QuarterOf(odd)).error().message, "odd");
}

TEST(Task, BlockOnWaitsForAnotherThread) {
  for (int round = 0; round < 200; ++round) {
    const Completion<int> left;
    const Completion<int> right;
    std::jthread one([&] { left.Complete(round); });
    std::jthread two([&] { right.Complete(1); });
    EXPECT_EQ(BlockOn(Add(left, right)), round + 1);
  }
}

TEST(Task, DoesNotStartUnlessAwaited) {
  auto witness = std::make_shared<int>(0);
  {
    const auto unused = [](std::shared_ptr<int> seen) -> Task<int> {
      ++*seen;
      co_return 0;
    }(witness);
  }
  EXPECT_EQ(*witness, 0);
  EXPECT_EQ(witness.use_count(), 1) << "and frees what it was given";
}

TEST(Task, MovesValuesThatCannotBeCopied) {
  const Completion<std::unique_ptr<std::string>> ticket;
  ticket.Complete(std::make_unique<std::string>("moved"));
  const auto task =
      [](Completion<std::unique_ptr<std::string>> wait) -> Task<std::unique_ptr<std::string>> {
    co_return co_await wait;
  };
  EXPECT_EQ(*BlockOn(task(ticket)), "moved");
}

}  // namespace
}  // namespace tidemill
