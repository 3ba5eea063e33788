#include "base/thread_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <latch>

namespace tidemill {
namespace {

TEST(ThreadPool, RunsWhatIsPosted) {
  ThreadPool pool({.name = "test", .threads = 3});
  std::atomic<int> sum = 0;
  std::latch done(100);
  for (int i = 1; i <= 100; ++i)
    ASSERT_TRUE(pool.TryPost([&, i] {
      sum += i;
      done.count_down();
    }));
  done.wait();
  EXPECT_EQ(sum, 5'050);
}

TEST(ThreadPool, SaysNoWhenItsQueueIsFull) {
  ThreadPool pool({.threads = 1, .queue_jobs_max = 2});
  std::latch started(1);
  std::promise<void> release;
  ASSERT_TRUE(pool.TryPost([&, go = release.get_future().share()] {
    started.count_down();
    go.wait();
  }));
  started.wait();  // the queue itself is empty now
  EXPECT_TRUE(pool.TryPost([] {}));
  EXPECT_TRUE(pool.TryPost([] {}));
  EXPECT_EQ(pool.queued(), 2u);
  EXPECT_FALSE(pool.TryPost([] {}));
  release.set_value();
}

TEST(ThreadPool, StopFinishesTheJobInHandAndDropsTheRest) {
  ThreadPool pool({.threads = 1, .queue_jobs_max = 100'000'000});
  std::latch started(1);
  std::promise<void> release;
  std::atomic<bool> first_ended = false;
  std::atomic<bool> second_ran = false;
  const auto second_alive = std::make_shared<int>();
  ASSERT_TRUE(pool.TryPost([&, go = release.get_future().share()] {
    started.count_down();
    go.wait();
    first_ended = true;
  }));
  ASSERT_TRUE(pool.TryPost([&, second_alive] { second_ran = true; }));
  started.wait();
  std::jthread stopper([&] { pool.Stop(); });
  while (pool.TryPost([] {})) std::this_thread::yield();  // until Stop has closed the queue
  release.set_value();
  stopper.join();
  EXPECT_TRUE(first_ended);
  EXPECT_FALSE(second_ran);
  EXPECT_EQ(second_alive.use_count(), 1) << "what the dropped job held is freed";
  EXPECT_FALSE(pool.TryPost([] {}));
  pool.Stop();  // safe twice
}

TEST(ThreadPool, NamesAndNicesItsThreads) {
  ThreadPool pool({.name = "a_very_long_name", .threads = 1, .nice = 5});
  std::promise<std::pair<std::string, int>> answer;
  ASSERT_TRUE(pool.TryPost([&] {
    char name[16] = {};
    ::pthread_getname_np(::pthread_self(), name, sizeof name);
    answer.set_value({name, ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()))});
  }));
  const int mine = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
  const auto [name, nice] = answer.get_future().get();
  EXPECT_EQ(name, "a_very_long_-0");
  EXPECT_EQ(nice, std::min(mine + 5, 19));
}

}  // namespace
}  // namespace tidemill
