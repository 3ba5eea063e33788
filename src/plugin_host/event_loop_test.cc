#include "plugin_host/event_loop.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <vector>

#include "base/task.h"
#include "testing/manual_clock.h"

namespace tidemill::plugin_host {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Runs `job` on the loop and waits for it.
void On(EventLoop& loop, std::function<void()> job) {
  Completion<int> done;
  ASSERT_TRUE(loop.Post([&] {
    job();
    done.Complete(0);
  }));
  BlockOn([](Completion<int> wait) -> Task<int> { co_return co_await wait; }(done));
}

TEST(EventLoop, RunsJobsInOrderAndThoseBeforeStop) {
  SystemClock clock;
  EventLoop loop(clock);
  ASSERT_TRUE(loop.Start().ok());
  std::vector<int> seen;
  for (int i = 0; i < 1000; ++i) loop.Post([&seen, i] { seen.push_back(i); });
  loop.Stop();
  ASSERT_EQ(seen.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
  EXPECT_FALSE(loop.Post([] {}));
  loop.Stop();
}

TEST(EventLoop, RunsTimersInTheOrderOfTheirTime) {
  testing::ManualClock clock;
  EventLoop loop(clock);
  ASSERT_TRUE(loop.Start().ok());
  std::vector<int> seen;
  EventLoop::TimerId cancelled = 0;
  On(loop, [&] {
    loop.After(seconds(3), [&] { seen.push_back(3); });
    loop.After(seconds(1), [&] { seen.push_back(1); });
    cancelled = loop.After(seconds(2), [&] { seen.push_back(2); });
    loop.CancelTimer(cancelled);
    loop.CancelTimer(cancelled);
  });
  clock.Advance(seconds(1) - milliseconds(1));
  On(loop, [&] { EXPECT_TRUE(seen.empty()); });
  clock.Advance(seconds(10));
  On(loop, [] {});  // a turn that finds the timers due
  On(loop, [&] { EXPECT_EQ(seen, (std::vector<int>{1, 3})); });
}

TEST(EventLoop, AWatchThatIsRemovedInTheSameTurnIsNotCalled) {
  SystemClock clock;
  EventLoop loop(clock);
  ASSERT_TRUE(loop.Start().ok());
  int first[2];
  int second[2];
  ASSERT_EQ(::pipe(first), 0);
  ASSERT_EQ(::pipe(second), 0);
  std::atomic<int> calls = 0;
  EventLoop::WatchId watches[2];
  const auto ready = [&](std::uint32_t) {
    ++calls;
    loop.Unwatch(watches[0]);
    loop.Unwatch(watches[1]);
  };
  On(loop, [&] {
    watches[0] = loop.Watch(first[0], EPOLLIN, ready);
    watches[1] = loop.Watch(second[0], EPOLLIN, ready);
    ASSERT_EQ(::write(first[1], "x", 1), 1);
    ASSERT_EQ(::write(second[1], "x", 1), 1);
  });
  On(loop, [] {});
  On(loop, [] {});
  EXPECT_EQ(calls, 1);
  for (const int fd : {first[0], first[1], second[0], second[1]}) ::close(fd);
}

}  // namespace
}  // namespace tidemill::plugin_host
