#include "query/query_log.h"

#include <gtest/gtest.h>

#include <set>

#include "testing/manual_clock.h"

namespace tidemill::query {
namespace {

using std::chrono::seconds;

TEST(QueryLog, TellsTheLifeOfAQuery) {
  testing::ManualClock clock;
  QueryLog log(clock);
  const std::uint64_t number = log.Begin("SELECT 1");
  EXPECT_TRUE(log.All()[0].is_running());
  EXPECT_FALSE(log.All()[0].end2end_duration.has_value());
  clock.Advance(seconds(2));
  log.Planned(number, 7);
  clock.Advance(seconds(3));
  EXPECT_EQ(log.End(number, QueryPhase::kSuccess), seconds(5));
  const QueryRecord record = log.All()[0];
  EXPECT_EQ(record.text, "SELECT 1");
  EXPECT_EQ(record.parquet_files, 7);
  EXPECT_EQ(record.plan_duration, seconds(2));
  EXPECT_EQ(record.execute_duration, seconds(3));
  EXPECT_EQ(record.end2end_duration, seconds(5));
  EXPECT_FALSE(record.is_running());
}

TEST(QueryLog, AQueryThatWasNeverPlannedHasNoExecution) {
  testing::ManualClock clock;
  QueryLog log(clock);
  log.End(log.Begin("SELEKT"), QueryPhase::kFail);
  EXPECT_FALSE(log.All()[0].execute_duration.has_value());
  EXPECT_FALSE(log.All()[0].plan_duration.has_value());
}

TEST(QueryLog, KeepsTheNewestThousand) {
  testing::ManualClock clock;
  QueryLog log(clock);
  const std::uint64_t first = log.Begin("first");
  std::set<std::string> ids;
  for (std::size_t i = 0; i < QueryLog::kRowsMax; ++i) log.Begin("later");
  for (const QueryRecord& record : log.All()) ids.insert(record.id);
  EXPECT_EQ(ids.size(), QueryLog::kRowsMax);
  EXPECT_EQ(log.All().front().text, "later");
  log.End(first, QueryPhase::kSuccess);  // it has left the ring: nothing happens
  for (const QueryRecord& record : log.All()) EXPECT_TRUE(record.is_running());
}

TEST(QueryLog, CutsLongTexts) {
  testing::ManualClock clock;
  QueryLog log(clock);
  log.Begin(std::string(1 << 20, 'x'));
  EXPECT_EQ(log.All()[0].text.size(), QueryLog::kTextBytesMax);
}

}  // namespace
}  // namespace tidemill::query
