#include "base/random.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "testing/seeded_random.h"

namespace tidemill {
namespace {

TEST(Random, GivesEveryThreadNumbersOfItsOwn) {
  const auto random = MakeSystemRandom();
  std::vector<std::vector<std::uint64_t>> drawn(4);
  {
    std::vector<std::jthread> threads;
    for (auto& numbers : drawn)
      threads.emplace_back([&random, &numbers] {
        for (int i = 0; i < 1'000; ++i) numbers.push_back(random->Next());
      });
  }
  std::set<std::uint64_t> all;
  for (const auto& numbers : drawn) all.insert(numbers.begin(), numbers.end());
  EXPECT_EQ(all.size(), 4'000u);
}

TEST(Random, UsesAllBits) {
  const auto random = MakeSystemRandom();
  std::uint64_t ones = 0;
  std::uint64_t zeros = 0;
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t number = random->Next();
    ones |= number;
    zeros |= ~number;
  }
  EXPECT_EQ(ones, ~std::uint64_t{0});
  EXPECT_EQ(zeros, ~std::uint64_t{0});
}

TEST(Random, UuidIsOfVersion4) {
  testing::SeededRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string uuid = MakeUuid(random);
    ASSERT_EQ(uuid.size(), 36u);
    for (std::size_t at = 0; at < uuid.size(); ++at) {
      const bool is_dash = at == 8 || at == 13 || at == 18 || at == 23;
      ASSERT_EQ(std::string("0123456789abcdef").find(uuid[at]) == std::string::npos, is_dash)
          << uuid;
    }
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
    seen.insert(uuid);
  }
  EXPECT_EQ(seen.size(), 1'000u);
}

}  // namespace
}  // namespace tidemill
