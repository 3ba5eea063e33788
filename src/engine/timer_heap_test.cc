#include "engine/timer_heap.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemill::engine {
namespace {

using namespace std::chrono_literals;

TEST(TimerHeap, GivesOutWhatIsDueInOrder) {
  TimerHeap heap;
  std::string done;
  const auto add = [&](std::chrono::nanoseconds due, char mark) {
    heap.Add(due, [&done, mark] { done += mark; });
  };
  add(3s, 'd');
  add(1s, 'a');
  add(2s, 'b');
  add(2s, 'c');
  EXPECT_EQ(heap.next_due(), 1s);
  for (const auto& job : heap.TakeDue(2s)) job();
  EXPECT_EQ(done, "abc");
  EXPECT_EQ(heap.next_due(), 3s);
  EXPECT_TRUE(heap.TakeDue(2999ms).empty());
  for (const auto& job : heap.TakeDue(10s)) job();
  EXPECT_EQ(done, "abcd");
  EXPECT_FALSE(heap.next_due().has_value());
}

}  // namespace
}  // namespace tidemill::engine
