#include "base/timestamp.h"

#include <gtest/gtest.h>

#include <ctime>

#include "testing/seeded_random.h"

namespace tidemill {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(Timestamp, PrintsAsFewDigitsAsKeepTheValue) {
  const struct {
    std::int64_t nanos;
    const char* text;
  } cases[] = {
      {0, "1970-01-01T00:00:00"},
      {1, "1970-01-01T00:00:00.000000001"},
      {1'000, "1970-01-01T00:00:00.000001"},
      {1'000'000, "1970-01-01T00:00:00.001"},
      {120'000'000, "1970-01-01T00:00:00.120"},
      {999'999'999, "1970-01-01T00:00:00.999999999"},
      {-1, "1969-12-31T23:59:59.999999999"},
      {-kSecond, "1969-12-31T23:59:59"},
      {-kSecond - 1'000'000, "1969-12-31T23:59:58.999"},
      {1'795'342'854 * kSecond, "2026-11-22T10:20:54"},
      {951'782'400 * kSecond, "2000-02-29T00:00:00"},
      {Timestamp::Min().nanos(), "1677-09-21T00:12:43.145224192"},
      {Timestamp::Max().nanos(), "2262-04-11T23:47:16.854775807"},
  };
  for (const auto& [nanos, text] : cases) {
    EXPECT_EQ(PrintTimestamp(Timestamp(nanos)), text);
    EXPECT_EQ(PrintTimestampUtc(Timestamp(nanos)), std::string(text) + "Z");
  }
}

TEST(Timestamp, ParsesWhatItPrintsOverTheWholeRange) {
  testing::SeededRandom random;
  const auto expect_round_trip = [](std::int64_t nanos) {
    const Timestamp time(nanos);
    const auto parsed = ParseTimestamp(PrintTimestampUtc(time));
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(parsed->nanos(), nanos);
    EXPECT_EQ(FromCivil(ToCivil(time)), time);
  };
  for (int i = 0; i < 20'000; ++i) expect_round_trip(static_cast<std::int64_t>(random.Next()));
  for (int i = 0; i < 1'000; ++i) {
    expect_round_trip(Timestamp::Min().nanos() + i);
    expect_round_trip(Timestamp::Max().nanos() - i);
    expect_round_trip(i - 500);
  }
}

TEST(Timestamp, AgreesWithTheSystemsCalendar) {
  testing::SeededRandom random(7);
  for (int i = 0; i < 20'000; ++i) {
    const Timestamp time(static_cast<std::int64_t>(random.Next()));
    std::int64_t seconds = time.nanos() / kSecond;
    if (time.nanos() % kSecond < 0) --seconds;
    const std::time_t input = seconds;
    std::tm expected{};
    ASSERT_NE(::gmtime_r(&input, &expected), nullptr);
    const CivilTime civil = ToCivil(time);
    ASSERT_EQ(civil.year, expected.tm_year + 1900) << time.nanos();
    ASSERT_EQ(civil.month, expected.tm_mon + 1) << time.nanos();
    ASSERT_EQ(civil.day, expected.tm_mday) << time.nanos();
    ASSERT_EQ(civil.hour, expected.tm_hour) << time.nanos();
    ASSERT_EQ(civil.minute, expected.tm_min) << time.nanos();
    ASSERT_EQ(civil.second, expected.tm_sec) << time.nanos();
    ASSERT_EQ(civil.weekday, expected.tm_wday) << time.nanos();
  }
}

TEST(Timestamp, ParsesTheRelativesOfRfc3339) {
  const std::int64_t noon = 1'795'342'854;  // 2026-11-22T10:20:54Z
  const struct {
    const char* text;
    std::int64_t nanos;
  } cases[] = {
      {"2026-11-22T10:20:54Z", noon * kSecond},
      {"2026-11-22T10:20:54", noon * kSecond},
      {"2026-11-22 10:20:54", noon * kSecond},
      {"2026-11-22t10:20:54z", noon * kSecond},
      {"2026-11-22T12:20:54+02:00", noon * kSecond},
      {"2026-11-22T05:50:54-0430", noon * kSecond},
      {"2026-11-22T09:20:54-01", noon * kSecond},
      {"2026-11-22T10:20:54.5Z", noon * kSecond + 500'000'000},
      {"2026-11-22T10:20:54.000000001Z", noon * kSecond + 1},
      {"2026-11-22T12:20:54.25+02:00", noon * kSecond + 250'000'000},
      {"2026-11-22", 1'795'305'600 * kSecond},
      {"1969-12-31T23:59:59.999999999", -1},
      {"2000-02-29", 951'782'400 * kSecond},
      // Out of range by its own clock, inside by its zone.
      {"2262-04-12T00:47:16.854775807+01:00", Timestamp::Max().nanos()},
  };
  for (const auto& [text, nanos] : cases) {
    const auto parsed = ParseTimestamp(text);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(parsed->nanos(), nanos) << text;
  }
}

TEST(Timestamp, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           "x",
                           "2026",
                           "2026-11",
                           "2026-13-01",
                           "2026-00-01",
                           "2026-11-31",
                           "2023-02-29",
                           "1900-02-29",
                           "2026-11-22T",
                           "2026-11-22T10",
                           "2026-11-22T10:20",
                           "2026-11-22T24:00:00",
                           "2026-11-22T10:60:00",
                           "2026-11-22T10:20:60",
                           "2026-11-22T10:20:54.",
                           "2026-11-22T10:20:54.Z",
                           "2026-11-22T10:20:54.1234567890",
                           "2026-11-22T10:20:54ZZ",
                           "2026-11-22T10:20:54+",
                           "2026-11-22T10:20:54+1",
                           "2026-11-22T10:20:54+24:00",
                           "2026-11-22T10:20:54+02:60",
                           "2026-11-22T10:20:54 UTC",
                           " 2026-11-22",
                           "2026-11-22 ",
                           "-026-11-22",
                           "2026-11-2 2",
                           "2026/11/22",
                           "1700000000"}) {
    const auto parsed = ParseTimestamp(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(parsed.error().message,
              "timestamp '" + std::string(text) +
                  "': expected a date and a time such as 2026-11-22T10:20:54.123Z");
  }
}

TEST(Timestamp, RefusesWhatDoesNotFitIntoItsRange) {
  for (const char* text :
       {"1677-09-21T00:12:43.145224191Z", "2262-04-11T23:47:16.854775808Z", "0001-01-01",
        "9999-12-31T23:59:59Z", "2262-04-11T23:47:16.854775807-00:01"}) {
    const auto parsed = ParseTimestamp(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().message, "timestamp '" + std::string(text) +
                                          "': out of range, expected "
                                          "1677-09-21T00:12:43.145224192Z to "
                                          "2262-04-11T23:47:16.854775807Z");
  }
}

TEST(Timestamp, ArithmeticStopsAtTheEndsOfTheRange) {
  EXPECT_EQ(Timestamp::Max() + nanoseconds(1), Timestamp::Max());
  EXPECT_EQ(Timestamp::Min() + nanoseconds(-1), Timestamp::Min());
  EXPECT_EQ(Timestamp::Min() - nanoseconds(1), Timestamp::Min());
  EXPECT_EQ(Timestamp::Max() - nanoseconds(-1), Timestamp::Max());
  EXPECT_EQ(Timestamp::Max() - Timestamp::Min(), nanoseconds::max());
  EXPECT_EQ(Timestamp::Min() - Timestamp::Max(), nanoseconds::min());
  EXPECT_EQ(FromCivil({.year = 3000}), Timestamp::Max());
  EXPECT_EQ(FromCivil({.year = 1000}), Timestamp::Min());
}

}  // namespace
}  // namespace tidemill
