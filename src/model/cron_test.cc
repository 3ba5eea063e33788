#include "model/cron.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemill::model {
namespace {

// The first instants of `expression` after `start`.
std::vector<std::string> Instants(std::string_view expression, std::string_view start,
                                  std::size_t count) {
  const auto schedule = CronSchedule::Parse(expression);
  if (!schedule.ok()) return {schedule.error().message};
  std::vector<std::string> out;
  Timestamp at = ParseTimestamp(start).value();
  while (out.size() < count) {
    const auto next = schedule->Next(at);
    if (!next) {
      out.push_back("never");
      break;
    }
    out.push_back(PrintTimestamp(*next));
    at = *next;
  }
  return out;
}

TEST(Cron, FindsTheNextInstantStrictlyAfter) {
  using testing::ElementsAre;
  // 2026-11-22 is a Sunday.
  constexpr auto kStart = "2026-11-22T10:20:54";
  EXPECT_THAT(Instants("* * * * * *", kStart, 2),
              ElementsAre("2026-11-22T10:20:55", "2026-11-22T10:20:56"));
  EXPECT_THAT(Instants("* * * * * *", "2026-11-22T10:20:54.999999999", 1),
              ElementsAre("2026-11-22T10:20:55"));
  EXPECT_THAT(Instants("54 20 10 * * *", kStart, 2),
              ElementsAre("2026-11-23T10:20:54", "2026-11-24T10:20:54"));
  EXPECT_THAT(Instants("0 0 8 * * *", kStart, 2),
              ElementsAre("2026-11-23T08:00:00", "2026-11-24T08:00:00"));
  EXPECT_THAT(Instants("*/20 * * * * *", kStart, 3),
              ElementsAre("2026-11-22T10:21:00", "2026-11-22T10:21:20", "2026-11-22T10:21:40"));
  EXPECT_THAT(Instants("0 50/5 * * * *", kStart, 3),
              ElementsAre("2026-11-22T10:50:00", "2026-11-22T10:55:00", "2026-11-22T11:50:00"));
  EXPECT_THAT(Instants("30 59 23 31 12 ?", kStart, 2),
              ElementsAre("2026-12-31T23:59:30", "2027-12-31T23:59:30"));
  EXPECT_THAT(Instants("0 0 0 29 2 * ", kStart, 2),
              ElementsAre("2028-02-29T00:00:00", "2032-02-29T00:00:00"));
  EXPECT_THAT(Instants("0 0 12 1,15 jan-MAR/2 *", kStart, 3),
              ElementsAre("2027-01-01T12:00:00", "2027-01-15T12:00:00", "2027-03-01T12:00:00"));
}

TEST(Cron, CountsSundayAsOne) {
  using testing::ElementsAre;
  constexpr auto kStart = "2026-11-22T10:20:54";  // a Sunday
  EXPECT_THAT(Instants("0 0 0 * * 2", kStart, 1), ElementsAre("2026-11-23T00:00:00"));
  EXPECT_THAT(Instants("0 0 0 * * MON", kStart, 1), ElementsAre("2026-11-23T00:00:00"));
  EXPECT_THAT(Instants("0 0 0 ? * Saturday", kStart, 1), ElementsAre("2026-11-28T00:00:00"));
  EXPECT_THAT(Instants("0 0 0 * * 1-5", kStart, 5),
              ElementsAre("2026-11-23T00:00:00", "2026-11-24T00:00:00", "2026-11-25T00:00:00",
                          "2026-11-26T00:00:00", "2026-11-29T00:00:00"));
}

TEST(Cron, NeedsBothDayFieldsToMatch) {
  // Friday the 13th.
  EXPECT_THAT(Instants("0 0 0 13 * FRI", "2026-11-22T00:00:00", 2),
              testing::ElementsAre("2027-08-13T00:00:00", "2028-10-13T00:00:00"));
}

TEST(Cron, EndsWithItsYears) {
  using testing::ElementsAre;
  EXPECT_THAT(Instants("0 0 0 1 1 * 2027,2030", "2026-11-22T00:00:00", 5),
              ElementsAre("2027-01-01T00:00:00", "2030-01-01T00:00:00", "never"));
  EXPECT_THAT(Instants("0 0 0 30 2 *", "2026-11-22T00:00:00", 1), ElementsAre("never"));
  EXPECT_THAT(Instants("0 0 0 1 1 * 2000", "2026-11-22T00:00:00", 1), ElementsAre("never"));
  EXPECT_THAT(Instants("59 59 23 31 12 * 2100", "2026-11-22T00:00:00", 2),
              ElementsAre("2100-12-31T23:59:59", "never"));
  EXPECT_THAT(Instants("0 0 0 1 1 * 1970", "1969-01-01T00:00:00", 2),
              ElementsAre("1970-01-01T00:00:00", "never"));
}

TEST(Cron, KnowsTheShortcuts) {
  using testing::ElementsAre;
  constexpr auto kStart = "2026-11-22T10:20:54";
  EXPECT_THAT(Instants("@hourly", kStart, 1), ElementsAre("2026-11-22T11:00:00"));
  EXPECT_THAT(Instants("@daily", kStart, 1), ElementsAre("2026-11-23T00:00:00"));
  EXPECT_THAT(Instants("@weekly", kStart, 1), ElementsAre("2026-11-29T00:00:00"));
  EXPECT_THAT(Instants("@monthly", kStart, 1), ElementsAre("2026-12-01T00:00:00"));
  EXPECT_THAT(Instants("@yearly", kStart, 1), ElementsAre("2027-01-01T00:00:00"));
}

TEST(Cron, NoticesNumericWeekdays) {
  const auto numeric = [](std::string_view text) {
    return CronSchedule::Parse(text).value().has_numeric_weekday();
  };
  EXPECT_TRUE(numeric("0 0 0 * * 1-5"));
  EXPECT_TRUE(numeric("0 0 0 * * MON,3"));
  EXPECT_FALSE(numeric("0 0 0 * * MON-FRI"));
  EXPECT_FALSE(numeric("0 0 0 * * */2"));
  EXPECT_FALSE(numeric("0 0 0 1 1 *"));
}

void ExpectRejected(std::string_view text, std::string_view reason) {
  SCOPED_TRACE(text);
  const auto schedule = CronSchedule::Parse(text);
  ASSERT_FALSE(schedule.ok());
  EXPECT_EQ(schedule.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(schedule.error().message,
            "cron expression '" + std::string(text) + "': " + std::string(reason));
}

TEST(Cron, RejectsWithAReason) {
  constexpr auto kForm =
      "expected 6 or 7: second minute hour day-of-month month day-of-week [year]";
  ExpectRejected("", std::string("0 fields, ") + kForm);
  ExpectRejected("* * * * *",
                 std::string("5 fields, ") + kForm + "; put the second first, as in '0 ...'");
  ExpectRejected("* * * * * * * *", std::string("8 fields, ") + kForm);
  ExpectRejected("60 * * * * *", "second 60 is outside 0-59");
  ExpectRejected("* * 24 * * *", "hour 24 is outside 0-23");
  ExpectRejected("* * * 0 * *", "day of month 0 is outside 1-31");
  ExpectRejected("* * * * 13 *", "month 13 is outside 1-12");
  ExpectRejected("* * * * * 0", "day of week 0 is outside 1-7 (1 = Sunday)");
  ExpectRejected("* * * * * * 1969", "year 1969 is outside 1970-2100");
  ExpectRejected("* * * * * FRI-MON",
                 "day of week 'FRI-MON': a range must ascend, write it as two items");
  ExpectRejected("* * * * * MON-5",
                 "day of week 'MON-5': a range is either of names or of numbers");
  ExpectRejected("* * * * * MON/2",
                 "day of week 'MON/2': a step needs a range or a number before it");
  ExpectRejected("*/0 * * * * *", "second: step '0' is outside 1-59");
  ExpectRejected("*/60 * * * * *", "second: step '60' is outside 1-59");
  ExpectRejected("? * * * * *", "second '?': expected 0-59");
  ExpectRejected("1,,2 * * * * *", "second '': expected 0-59");
  ExpectRejected("* * * L * *", "day of month 'L': expected 1-31");
  ExpectRejected("* * * * Foo *", "month 'Foo': expected 1-12 or a name");
  ExpectRejected("-1 * * * * *", "second '': expected 0-59");
  ExpectRejected("1- * * * * *", "second '': expected 0-59");
  ExpectRejected("99999 * * * * *", "second '99999': expected 0-59");
  ExpectRejected("@annually", "expected @yearly, @monthly, @weekly, @daily or @hourly");
}

}  // namespace
}  // namespace tidemill::model
