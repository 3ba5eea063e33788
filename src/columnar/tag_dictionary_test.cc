#include "columnar/tag_dictionary.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemill::columnar {
namespace {

TEST(TagDictionary, GivesCodesFromOneInOrderOfFirstAppearance) {
  TagDictionary dictionary;
  EXPECT_EQ(dictionary.Intern("a"), 1U);
  EXPECT_EQ(dictionary.Intern("b"), 2U);
  EXPECT_EQ(dictionary.Intern("a"), 1U);
  EXPECT_EQ(dictionary.size(), 2U);
  EXPECT_EQ(dictionary.Value(1), "a");
  EXPECT_EQ(dictionary.Value(2), "b");
}

TEST(TagDictionary, FindDoesNotAdd) {
  TagDictionary dictionary;
  EXPECT_EQ(dictionary.Find("a"), 0U);
  dictionary.Intern("a");
  EXPECT_EQ(dictionary.Find("a"), 1U);
  EXPECT_EQ(dictionary.Find("b"), 0U);
  EXPECT_EQ(dictionary.size(), 1U);
}

TEST(TagDictionary, KeepsEveryValueWhileItGrows) {
  TagDictionary dictionary;
  constexpr std::uint32_t kValues = 100'000;
  for (std::uint32_t i = 0; i < kValues; ++i) {
    ASSERT_EQ(dictionary.Intern("host_" + std::to_string(i)), i + 1);
  }
  for (std::uint32_t i = 0; i < kValues; ++i) {
    const std::string value = "host_" + std::to_string(i);
    ASSERT_EQ(dictionary.Find(value), i + 1);
    ASSERT_EQ(dictionary.Value(i + 1), value);
  }
}

TEST(TagDictionary, ValuesDoNotMoveAndOwnTheirBytes) {
  TagDictionary dictionary;
  std::string text = "first";
  dictionary.Intern(text);
  const std::string_view first = dictionary.Value(1);
  text = "other";
  for (int i = 0; i < 10'000; ++i) dictionary.Intern(std::to_string(i));
  EXPECT_EQ(first, "first");
  EXPECT_EQ(dictionary.Value(1).data(), first.data());
}

TEST(TagDictionary, TakesEmptyBinaryAndVeryLongValues) {
  TagDictionary dictionary;
  const std::string zeros(3, '\0');
  const std::string long_value(1 << 20, 'x');
  EXPECT_EQ(dictionary.Intern(""), 1U);
  EXPECT_EQ(dictionary.Intern(zeros), 2U);
  EXPECT_EQ(dictionary.Intern(long_value), 3U);
  EXPECT_EQ(dictionary.Value(1), "");
  EXPECT_EQ(dictionary.Value(2), zeros);
  EXPECT_EQ(dictionary.Value(3), long_value);
}

TEST(TagDictionary, IsSmallWhenItHoldsLittleAndCountsWhatItHolds) {
  TagDictionary dictionary;
  EXPECT_EQ(dictionary.memory_bytes(), 0U);
  dictionary.Intern("x64");
  EXPECT_LT(dictionary.memory_bytes(), 1'024U);
  const std::size_t before = dictionary.memory_bytes();
  dictionary.Intern(std::string(1 << 20, 'x'));
  EXPECT_GE(dictionary.memory_bytes(), before + (1U << 20));
}

}  // namespace
}  // namespace tidemill::columnar
