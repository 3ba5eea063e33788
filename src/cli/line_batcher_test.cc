#include "cli/line_batcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace tidemill::cli {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Texts(const std::string& input, std::size_t bytes_max) {
  std::istringstream in(input);
  LineBatcher batcher(in, bytes_max);
  std::vector<std::string> texts;
  for (;;) {
    auto batch = batcher.Next();
    if (!batch.ok()) {
      texts.push_back("error: " + batch.error().message);
      return texts;
    }
    if (!*batch) return texts;
    texts.push_back((*batch)->text);
  }
}

TEST(LineBatcher, KeepsSmallInputWhole) {
  EXPECT_THAT(Texts("a f=1\nb f=2\n", 100), ElementsAre("a f=1\nb f=2\n"));
  EXPECT_THAT(Texts("a f=1", 100), ElementsAre("a f=1"));
  EXPECT_THAT(Texts("", 100), ElementsAre());
}

TEST(LineBatcher, CutsAtTheLastLineEndThatFits) {
  EXPECT_THAT(Texts("a f=1\nb f=2\nc f=3\n", 13), ElementsAre("a f=1\nb f=2\n", "c f=3\n"));
  EXPECT_THAT(Texts("a f=1\nb f=2\nc f=3", 12), ElementsAre("a f=1\nb f=2\n", "c f=3"));
  EXPECT_THAT(Texts("a f=1\nb f=2\nc f=3", 6), ElementsAre("a f=1\n", "b f=2\n", "c f=3"));
}

TEST(LineBatcher, DoesNotCutInsideAQuotedFieldValue) {
  // The first line is 13 bytes long, with a newline inside.
  EXPECT_THAT(Texts("a f=\"x\ny\",g=1\nb f=2\n", 15), ElementsAre("a f=\"x\ny\",g=1\n", "b f=2\n"));
  EXPECT_THAT(Texts("a f=\"\\\"\n\"\nb f=2\n", 12), ElementsAre("a f=\"\\\"\n\"\n", "b f=2\n"));
  // Quotes in names and tags are plain characters, and so are those in the middle of a value.
  EXPECT_THAT(Texts("a,t=\"x f=1\nb f=2\n", 12), ElementsAre("a,t=\"x f=1\n", "b f=2\n"));
  EXPECT_THAT(Texts("# it's \"\nb f=2\n", 10), ElementsAre("# it's \"\n", "b f=2\n"));
}

TEST(LineBatcher, DoesNotCutBehindABackslash) {
  EXPECT_THAT(Texts("a\\\nb f=1\nc f=2\n", 10), ElementsAre("a\\\nb f=1\n", "c f=2\n"));
}

TEST(LineBatcher, NamesALineThatIsTooLong) {
  EXPECT_THAT(Texts("a f=1\nlonger f=2\n", 8),
              ElementsAre("a f=1\n", "error: line 2 is longer than --max-request-size (8 bytes)"));
  EXPECT_THAT(Texts("longer f=2", 8),
              ElementsAre("error: line 1 is longer than --max-request-size (8 bytes)"));
}

TEST(LineBatcher, CountsLinesWithDataAndKnowsWhereABatchBegins) {
  std::istringstream in("# head\n\na f=\"1\n2\"\n  \nb f=1\nc f=2");
  LineBatcher batcher(in, 20);
  const auto first = batcher.Next();
  ASSERT_TRUE(first.ok() && first->has_value());
  EXPECT_EQ((*first)->text, "# head\n\na f=\"1\n2\"\n");
  EXPECT_EQ((*first)->first_line, 1u);
  EXPECT_EQ((*first)->lines, 1u);
  const auto second = batcher.Next();
  ASSERT_TRUE(second.ok() && second->has_value());
  EXPECT_EQ((*second)->text, "  \nb f=1\nc f=2");
  EXPECT_EQ((*second)->first_line, 5u);
  EXPECT_EQ((*second)->lines, 2u);
}

TEST(LineBatcher, JoinsToItsInputWhateverTheSize) {
  std::string input;
  for (int i = 0; i < 60'000; ++i) input += "cpu,host=a usage=" + std::to_string(i) + "\n";
  for (const std::size_t bytes_max : {30u, 1000u, 262'144u, 10'000'000u}) {
    std::istringstream in(input);
    LineBatcher batcher(in, bytes_max);
    std::string joined;
    std::size_t lines = 0;
    for (auto batch = batcher.Next(); batch.ok() && *batch; batch = batcher.Next()) {
      EXPECT_LE((*batch)->text.size(), bytes_max);
      joined += (*batch)->text;
      lines += (*batch)->lines;
    }
    EXPECT_EQ(joined, input);
    EXPECT_EQ(lines, 60'000u);
  }
}

}  // namespace
}  // namespace tidemill::cli
