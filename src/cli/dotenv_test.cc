#include "cli/dotenv.h"

#include <gtest/gtest.h>

namespace tidemill::cli {
namespace {

TEST(DotEnv, ReadsTheUsualForms) {
  const DotEnv file = DotEnv::Parse(
      "# settings\n"
      "A=1\n"
      "  export B = two words  # a comment\n"
      "C=\"quoted # text\"\n"
      "D='single'\r\n"
      "E=\n"
      "URL=http://h:1/#x\n"
      "not a variable\n");
  EXPECT_EQ(file.Get("A"), "1");
  EXPECT_EQ(file.Get("B"), "two words");
  EXPECT_EQ(file.Get("C"), "quoted # text");
  EXPECT_EQ(file.Get("D"), "single");
  EXPECT_EQ(file.Get("E"), "");
  EXPECT_EQ(file.Get("URL"), "http://h:1/#x");
  EXPECT_EQ(file.Get("not a variable"), std::nullopt);
}

}  // namespace
}  // namespace tidemill::cli
