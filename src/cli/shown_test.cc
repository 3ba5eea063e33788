#include "cli/shown.h"

#include <gtest/gtest.h>

namespace tidemill::cli {
namespace {

TEST(Shown, KeepsOrdinaryText) {
  EXPECT_EQ(Shown(""), "");
  EXPECT_EQ(Shown("--database"), "--database");
  EXPECT_EQ(Shown("Zürich"), "Zürich");
}

TEST(Shown, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(Shown(std::string(120, 'x')), std::string(120, 'x'));
  EXPECT_EQ(Shown(std::string(121, 'x')), std::string(120, 'x') + "...");
  EXPECT_EQ(Shown(std::string(119, 'x') + "ü"), std::string(119, 'x') + "...");
}

TEST(Shown, LeavesNothingThatATerminalObeys) {
  EXPECT_EQ(Shown("a\x1b[31mb\nc\x7f"), "a?[31mb?c?");
  EXPECT_EQ(Shown("a\xff\x9bz"), "a??z");
}

TEST(JoinWithOr, ReadsAsASentenceDoes) {
  EXPECT_EQ(JoinWithOr({}), "");
  EXPECT_EQ(JoinWithOr({"a"}), "a");
  EXPECT_EQ(JoinWithOr({"a", "b"}), "a or b");
  EXPECT_EQ(JoinWithOr({"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace tidemill::cli
