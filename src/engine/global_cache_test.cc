#include "engine/global_cache.h"

#include <gtest/gtest.h>

#include <cmath>

#include "testing/manual_clock.h"

namespace tidemill::engine {
namespace {

using namespace std::chrono_literals;

class GlobalCacheTest : public ::testing::Test {
 protected:
  std::optional<std::string> Get(const std::string& key) {
    const auto value = cache.Get(key);
    return value ? std::optional(value->pickled) : std::nullopt;
  }
  testing::ManualClock clock;
  GlobalCache cache{clock, 100};
};

TEST_F(GlobalCacheTest, KeepsTheNewestValueUnderANewVersion) {
  const auto first = cache.Put("k", "a", std::nullopt);
  const auto second = cache.Put("k", "b", std::nullopt);
  EXPECT_NE(*first, *second);
  EXPECT_EQ(cache.Get("k")->pickled, "b");
  EXPECT_EQ(cache.Get("k")->version, *second);
  EXPECT_EQ(Get("other"), std::nullopt);
}

TEST_F(GlobalCacheTest, DeletesOnce) {
  static_cast<void>(cache.Put("k", "a", std::nullopt));
  EXPECT_TRUE(cache.Delete("k"));
  EXPECT_FALSE(cache.Delete("k"));
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST_F(GlobalCacheTest, ForgetsWhatHasExpired) {
  static_cast<void>(cache.Put("k", "a", 1.5));
  static_cast<void>(cache.Put("gone", "a", 0.0));
  EXPECT_EQ(Get("gone"), std::nullopt);
  clock.Advance(1499ms);
  EXPECT_EQ(Get("k"), "a");
  clock.Advance(1ms);
  EXPECT_EQ(Get("k"), std::nullopt);
  EXPECT_FALSE(cache.Delete("k"));
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST_F(GlobalCacheTest, ANewValueHasANewLifetime) {
  static_cast<void>(cache.Put("k", "a", 1.0));
  static_cast<void>(cache.Put("k", "b", std::nullopt));
  clock.Advance(1h);
  EXPECT_EQ(Get("k"), "b");
}

TEST_F(GlobalCacheTest, RefusesWhatHasNoRoomAndKeepsWhatIsThere) {
  ASSERT_TRUE(cache.Put("k", std::string(60, 'a'), std::nullopt).ok());
  ASSERT_TRUE(cache.Put("t", std::string(30, 'b'), 1.0).ok());
  const auto refused = cache.Put("new", std::string(30, 'c'), std::nullopt);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_NE(refused.error().message.find("'new' needs 33 bytes, 92 of 100"), std::string::npos)
      << refused.error().message;
  EXPECT_TRUE(Get("k").has_value());
  EXPECT_TRUE(cache.Put("k", std::string(68, 'd'), std::nullopt).ok()) << "in place of the old one";
  clock.Advance(1s);
  EXPECT_TRUE(cache.Put("new", std::string(28, 'c'), std::nullopt).ok()) << "what expired is gone";
  EXPECT_EQ(cache.bytes(), 100u);
}

TEST_F(GlobalCacheTest, RefusesALifetimeThatIsNone) {
  for (const double ttl : {-1.0, 1e10, std::nan(""), static_cast<double>(INFINITY)}) {
    const auto refused = cache.Put("k", "a", ttl);
    ASSERT_FALSE(refused.ok()) << ttl;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace tidemill::engine
