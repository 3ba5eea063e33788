#include "plugin_host/output_log.h"

#include <gtest/gtest.h>

namespace tidemill::plugin_host {
namespace {

using std::chrono::seconds;

TEST(OutputLog, LimitsTheRateAndCountsWhatItDrops) {
  OutputLog log("test");
  std::string lines;
  for (int i = 0; i < 1500; ++i) lines += "x\n";
  log.Add(lines, seconds(10));
  EXPECT_EQ(log.lines_dropped(), 500u);
  log.Add("a\n", seconds(10));
  EXPECT_EQ(log.lines_dropped(), 501u);
  log.Add(lines, seconds(11));
  EXPECT_EQ(log.lines_dropped(), 501u + 1400u);
}

TEST(OutputLog, KeepsTheNewestOutputWithinABound) {
  OutputLog log("test");
  for (int i = 0; i < 10'000; ++i) log.Add("line " + std::to_string(i) + "\n", seconds(1));
  EXPECT_TRUE(log.tail().ends_with("line 9998\nline 9999\n"));
  EXPECT_LE(log.tail().size(), 2 * OutputLog::kTailBytesMax);
  EXPECT_GE(log.tail().size(), OutputLog::kTailBytesMax);
  log.ForgetTail();
  EXPECT_TRUE(log.tail().empty());
}

TEST(OutputLog, TakesOutputWithoutLinesOrText) {
  OutputLog log("test");
  log.Add(std::string(10 << 20, '\xff'), seconds(1));
  log.Add("\n\n\x1b[2J\n", seconds(1));
  log.End(seconds(1));
  EXPECT_EQ(log.lines_dropped(), 0u);
}

}  // namespace
}  // namespace tidemill::plugin_host
