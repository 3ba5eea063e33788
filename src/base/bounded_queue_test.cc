#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace tidemill {
namespace {

TEST(BoundedQueue, SaysFullAndClosed) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.TryPush(1));
  EXPECT_TRUE(queue.TryPush(2));
  EXPECT_FALSE(queue.TryPush(3)) << "full";
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_TRUE(queue.TryPush(4));
  queue.Close();
  EXPECT_FALSE(queue.TryPush(5)) << "closed";
  EXPECT_FALSE(queue.Push(5));
  EXPECT_EQ(queue.Pop(), 2) << "what is queued still comes out";
  EXPECT_EQ(queue.Pop(), 4);
  EXPECT_EQ(queue.Pop(), std::nullopt);
}

TEST(BoundedQueue, CloseWakesThoseWhoWait) {
  BoundedQueue<int> empty(1);
  BoundedQueue<int> full(1);
  ASSERT_TRUE(full.TryPush(1));
  std::jthread popper([&] { EXPECT_EQ(empty.Pop(), std::nullopt); });
  std::jthread pusher([&] { EXPECT_FALSE(full.Push(2)); });
  empty.Close();
  full.Close();
}

TEST(BoundedQueue, HandsEachItemToOneThread) {
  constexpr int kItems = 2'000;
  BoundedQueue<std::unique_ptr<int>> queue(3);
  std::vector<std::vector<int>> taken(3);
  {
    std::vector<std::jthread> poppers;
    for (auto& mine : taken)
      poppers.emplace_back([&queue, &mine] {
        while (auto item = queue.Pop()) mine.push_back(**item);
      });
    {
      std::vector<std::jthread> pushers;
      for (int pusher = 0; pusher < 2; ++pusher)
        pushers.emplace_back([&queue, pusher] {
          for (int i = pusher; i < kItems; i += 2)
            EXPECT_TRUE(queue.Push(std::make_unique<int>(i)));
        });
    }
    queue.Close();
  }
  std::multiset<int> all;
  for (const auto& mine : taken) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kItems));
  EXPECT_EQ(std::set<int>(all.begin(), all.end()).size(), static_cast<std::size_t>(kItems));
}

}  // namespace
}  // namespace tidemill
