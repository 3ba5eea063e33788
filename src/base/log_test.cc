#include "base/log.h"

#include <gtest/gtest.h>

#include "base/log_filter.h"
#include "base/log_line.h"

namespace tidemill {
namespace {

LogLevel LevelOf(std::string_view filter, std::string_view module) {
  const auto parsed = LogFilter::Parse(filter);
  EXPECT_TRUE(parsed.ok()) << parsed.error().message;
  return parsed->LevelOf(module);
}

TEST(LogFilter, LastMatchingEntryWins) {
  EXPECT_EQ(LevelOf("", "wal"), LogLevel::kInfo);
  EXPECT_EQ(LevelOf("warn", "wal"), LogLevel::kWarn);
  EXPECT_EQ(LevelOf("warn,wal=debug", "wal"), LogLevel::kDebug);
  EXPECT_EQ(LevelOf("warn,wal=debug", "sql"), LogLevel::kWarn);
  EXPECT_EQ(LevelOf("wal=debug,warn", "wal"), LogLevel::kWarn);
  EXPECT_EQ(LevelOf("wal=debug,wal=off", "wal"), LogLevel::kOff);
  EXPECT_EQ(LevelOf("wal=debug", "sql"), LogLevel::kInfo);
  EXPECT_EQ(LevelOf(" INFO , engine = Trace ,", "engine"), LogLevel::kTrace);
}

TEST(LogFilter, ModuleCoversItsParts) {
  EXPECT_EQ(LevelOf("a=debug", "a::b"), LogLevel::kDebug);
  EXPECT_EQ(LevelOf("a::b=debug", "a"), LogLevel::kInfo);
  EXPECT_EQ(LevelOf("wal=debug", "walrus"), LogLevel::kInfo);
}

TEST(LogFilter, TakesTheDefaultOfTheExistingProduct) {
  EXPECT_EQ(LevelOf("info,iox_query::query_log=warn,influxdb3_query_executor::query_planner=warn",
                    "query"),
            LogLevel::kInfo);
}

TEST(LogFilter, KnowsTheLeastLevelOfAll) {
  EXPECT_EQ(LogFilter::Parse("warn,wal=trace,error")->LeastLevel(), LogLevel::kTrace);
  EXPECT_EQ(LogFilter::Parse("error")->LeastLevel(), LogLevel::kInfo);
}

TEST(LogFilter, NamesTheBadEntry) {
  for (const char* entry : {"loud", "wal=loud", "=info", "wal=", "wal"}) {
    const auto parsed = LogFilter::Parse("info," + std::string(entry) + ",warn");
    ASSERT_FALSE(parsed.ok()) << entry;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(parsed.error().message,
              "log filter '" + std::string(entry) +
                  "': expected <level> or <module>=<level>, where the level is trace, debug, info, "
                  "warn, error or off");
  }
}

TEST(LogLine, HasOneShapePerFormat) {
  const LogEvent event{.time = Timestamp(1'795'342'854'000'001'999),
                       .level = LogLevel::kWarn,
                       .module = "wal",
                       .text = "disk '/data' is \"full\"\\"};
  EXPECT_EQ(FormatLogLine(event, LogFormat::kFull),
            R"(2026-11-22T10:20:54.000001Z  WARN wal: disk '/data' is "full"\)");
  EXPECT_EQ(FormatLogLine(event, LogFormat::kJson),
            R"({"timestamp":"2026-11-22T10:20:54.000001Z","level":"WARN","target":"wal",)"
            R"("message":"disk '/data' is \"full\"\\"})");
  EXPECT_EQ(FormatLogLine(event, LogFormat::kLogfmt),
            R"(time=2026-11-22T10:20:54.000001Z level=warn target=wal )"
            R"(msg="disk '/data' is \"full\"\\")");
}

TEST(LogLine, StaysOneLineWhateverTheText) {
  const LogEvent event{.module = "http", .text = "a\nb\r\tc\x1b[2J\x7f"};
  EXPECT_EQ(FormatLogLine(event, LogFormat::kFull),
            R"(1970-01-01T00:00:00.000000Z  INFO http: a\nb\r\tc\u001b[2J\u007f)");
  const LogEvent not_text{.module = "http", .text = "\xff\xfe"};
  EXPECT_EQ(FormatLogLine(not_text, LogFormat::kLogfmt),
            R"(time=1970-01-01T00:00:00.000000Z level=info target=http msg="\u00ff\u00fe")");
}

class ServerLogTest : public ::testing::Test {
 protected:
  ~ServerLogTest() override {
    EXPECT_TRUE(SetLogFilter("info").ok());
    SetLogFormat(LogFormat::kFull);
  }
};

TEST_F(ServerLogTest, WritesWhatTheFilterWants) {
  ASSERT_TRUE(SetLogFilter("warn,wal=debug").ok());
  ::testing::internal::CaptureStdout();
  Log(LogLevel::kDebug, "wal", "segment {} opened", 7);
  Log(LogLevel::kTrace, "wal", "too fine");
  Log(LogLevel::kInfo, "sql", "too fine");
  Log(LogLevel::kError, "sql", "{} %v {{}}", "braces");
  const std::string out = ::testing::internal::GetCapturedStdout();
  EXPECT_NE(out.find("DEBUG wal: segment 7 opened\n"), std::string::npos) << out;
  EXPECT_NE(out.find("ERROR sql: braces %v {}\n"), std::string::npos) << out;
  EXPECT_EQ(out.find("too fine"), std::string::npos) << out;
}

TEST_F(ServerLogTest, KeepsItsFilterWhenTheNewOneIsBad) {
  ASSERT_TRUE(SetLogFilter("error").ok());
  EXPECT_FALSE(SetLogFilter("trace,nonsense").ok());
  EXPECT_FALSE(LogEnabled(LogLevel::kWarn, "wal"));
  EXPECT_TRUE(LogEnabled(LogLevel::kError, "wal"));
  ASSERT_TRUE(SetLogFilter("off").ok());
  EXPECT_FALSE(LogEnabled(LogLevel::kError, "wal"));
}

TEST_F(ServerLogTest, ChangesItsFormat) {
  const auto json = ParseLogFormat("json");
  ASSERT_TRUE(json.ok());
  SetLogFormat(*json);
  ::testing::internal::CaptureStdout();
  Log(LogLevel::kInfo, "wal", "x");
  const std::string out = ::testing::internal::GetCapturedStdout();
  EXPECT_TRUE(out.ends_with(R"("level":"INFO","target":"wal","message":"x"})"
                            "\n"))
      << out;
  EXPECT_EQ(*ParseLogFormat("pretty"), LogFormat::kFull);
  EXPECT_EQ(ParseLogFormat("xml").error().message,
            "log format 'xml': expected full, pretty, json or logfmt");
}

}  // namespace
}  // namespace tidemill
