#include "engine/executor.h"

#include <gtest/gtest.h>

#include <thread>

#include "engine/wake_signal.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace tidemill::engine {
namespace {

using namespace std::chrono_literals;

TEST(ThreadExecutor, RunsStepsElsewhereAndTimersWhenDue) {
  SystemClock clock;
  ThreadExecutor executor(clock, 2);
  const Completion<Done> posted;
  const Completion<Done> timed;
  std::thread::id step;
  executor.Post([&] {
    step = std::this_thread::get_id();
    posted.Complete(Done{});
  });
  executor.Await(posted);
  EXPECT_NE(step, std::this_thread::get_id());
  const auto due = clock.Steady() + 1ms;
  std::chrono::nanoseconds ran{0};
  executor.PostAt(clock.Steady() + 1h, [] { ADD_FAILURE() << "not due"; });
  executor.PostAt(due, [&] {
    ran = clock.Steady();
    timed.Complete(Done{});
  });
  executor.Await(timed);
  EXPECT_GE(ran, due);
  executor.Stop();
  executor.Stop();
}

TEST(HopTo, GoesOnOnTheExecutor) {
  testing::ManualClock clock;
  testing::ManualExecutor executor(clock);
  bool arrived = false;
  StartTask(
      [](Executor& to) -> Task<bool> {
        co_await HopTo(to);
        co_return true;
      }(executor),
      [&](bool value) { arrived = value; });
  EXPECT_FALSE(arrived);
  EXPECT_EQ(executor.RunReady(), 1u);
  EXPECT_TRUE(arrived);
}

class WakeSignalTest : public ::testing::Test {
 protected:
  void Wait(std::optional<std::chrono::nanoseconds> deadline) {
    outcome.reset();
    StartTask(signal.Wait(deadline), [this](bool rang) { outcome = rang; });
  }
  testing::ManualClock clock;
  testing::ManualExecutor executor{clock};
  WakeSignal signal{executor};
  std::optional<bool> outcome;
};

TEST_F(WakeSignalTest, WakesOnTheExecutorNotOnWhoRings) {
  Wait(std::nullopt);
  signal.Ring();
  EXPECT_FALSE(outcome.has_value());
  executor.RunReady();
  EXPECT_EQ(outcome, true);
}

TEST_F(WakeSignalTest, RemembersARingOnce) {
  signal.Ring();
  signal.Ring();
  Wait(std::nullopt);
  EXPECT_EQ(outcome, true);
  Wait(std::nullopt);
  executor.RunReady();
  EXPECT_FALSE(outcome.has_value());
}

TEST_F(WakeSignalTest, EndsAtItsDeadline) {
  Wait(clock.Steady() + 5s);
  executor.RunReady();
  EXPECT_FALSE(outcome.has_value());
  clock.Advance(5s);
  executor.RunReady();
  EXPECT_EQ(outcome, false);
}

TEST_F(WakeSignalTest, AnOldDeadlineDoesNotEndANewWait) {
  Wait(clock.Steady() + 5s);
  signal.Ring();
  executor.RunReady();
  EXPECT_EQ(outcome, true);
  Wait(std::nullopt);
  clock.Advance(10s);
  executor.RunReady();
  EXPECT_FALSE(outcome.has_value());
}

}  // namespace
}  // namespace tidemill::engine
