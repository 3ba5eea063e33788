#include "base/strings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemill {
namespace {

using ::testing::ElementsAre;

TEST(Strings, TrimTakesBlanksOffBothEnds) {
  EXPECT_EQ(Trim(" \t\r\n a b \v\f"), "a b");
  EXPECT_EQ(Trim(" \n "), "");
  EXPECT_EQ(Trim(""), "");
}

TEST(Strings, SplitKeepsEmptyParts) {
  EXPECT_THAT(Split("a,b,,c", ','), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(Split("", ','), ElementsAre(""));
  EXPECT_THAT(Split(",", ','), ElementsAre("", ""));
}

TEST(Strings, LowersAsciiOnly) { EXPECT_EQ(ToLowerAscii("AbZ\u00c4[@"), "abz\u00c4[@"); }

TEST(Strings, TellsUtf8FromOtherBytes) {
  for (const std::string_view text :
       {"", "plain", "\u00e9", "\u20ac", "\U0001f30a", "\xf4\x8f\xbf\xbf", "12345678\u00e9",
        "\xed\x9f\xbf", "\xee\x80\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"})
    EXPECT_TRUE(IsValidUtf8(text)) << text;
  for (const std::string_view text :
       {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xc3", "\xe2\x82", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "12345678\xff",
        "1234567\xc3", "\xc3(", "\xf0\x9f\x8c"})
    EXPECT_FALSE(IsValidUtf8(text)) << ::testing::PrintToString(text);
}

TEST(Strings, CutsAtTheBoundaryOfACharacter) {
  EXPECT_EQ(CutUtf8("abc", 5), "abc");
  EXPECT_EQ(CutUtf8("abc", 2), "ab");
  EXPECT_EQ(CutUtf8("a\u20acb", 4), "a\u20ac");
  EXPECT_EQ(CutUtf8("a\u20acb", 3), "a");
  EXPECT_EQ(CutUtf8("a\u20acb", 2), "a");
  EXPECT_EQ(CutUtf8("\U0001f30a", 3), "");
  EXPECT_EQ(CutUtf8("abc", 0), "");
  EXPECT_EQ(CutUtf8("\x80\x80\x80\x80\x80\x80", 5).size(), 2u) << "not text: still short";
}

TEST(Strings, FindsTheNearestName) {
  const std::vector<std::string> names = {"table", "all_tables", "every", "cron", "request"};
  EXPECT_EQ(NearestName("tabel", names), "table");
  EXPECT_EQ(NearestName("tables", names), "table");
  EXPECT_EQ(NearestName("corn", names), "cron");
  EXPECT_EQ(NearestName("al_table", names), "all_tables");
  EXPECT_EQ(NearestName("cron", names), "cron");
  EXPECT_EQ(NearestName("webhook", names), std::nullopt);
  EXPECT_EQ(NearestName("", names), std::nullopt);
  EXPECT_EQ(NearestName("x", {}), std::nullopt);
  EXPECT_EQ(NearestName("a", {"b"}), "b") << "one edit is always allowed";
}

TEST(Strings, DecodesPercentEscapes) {
  EXPECT_EQ(DecodePercent("%41b+c", true), "Ab c");
  EXPECT_EQ(DecodePercent("%41b+c", false), "Ab+c");
  EXPECT_EQ(DecodePercent("a%2Bb%2b", true), "a+b+");
  EXPECT_EQ(DecodePercent("", true), "");
  for (const char* broken : {"%", "%4", "a%", "%g0", "%0g", "%%41", "% 1"})
    EXPECT_EQ(DecodePercent(broken, true), std::nullopt) << broken;
}

TEST(Strings, EncodesAllButUnreservedCharacters) {
  EXPECT_EQ(EncodePercent("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(EncodePercent("a b/+%\u00e9"), "a%20b%2F%2B%25%C3%A9");
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  EXPECT_EQ(DecodePercent(EncodePercent(all), true), all);
}

}  // namespace
}  // namespace tidemill
