#include "base/duration.h"

#include <gtest/gtest.h>

#include <limits>

#include "testing/seeded_random.h"

namespace tidemill {
namespace {

using std::chrono::nanoseconds;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

TEST(Duration, ParsesEverySpellingOfEveryUnit) {
  const struct {
    std::int64_t nanos;
    std::vector<const char*> units;
  } cases[] = {
      {1, {"ns", "nsec", "nanos"}},
      {1'000, {"us", "usec", "\u00b5s", "\u03bcs"}},
      {1'000'000, {"ms", "msec", "millis"}},
      {kSecond, {"s", "sec", "secs", "second", "seconds"}},
      {60 * kSecond, {"m", "min", "mins", "minute", "minutes"}},
      {3600 * kSecond, {"h", "hr", "hrs", "hour", "hours"}},
      {kDay, {"d", "day", "days"}},
      {7 * kDay, {"w", "wk", "wks", "week", "weeks"}},
      {2'630'016 * kSecond, {"M", "month", "months"}},
      {31'557'600 * kSecond, {"y", "yr", "yrs", "year", "years"}},
  };
  for (const auto& [nanos, units] : cases)
    for (const char* unit : units)
      for (const char* format : {"3", "3 ", " 3 "}) {
        const std::string text = std::string(format) + unit;
        const auto parsed = ParseDuration(text);
        ASSERT_TRUE(parsed.ok()) << parsed.error().message;
        EXPECT_EQ(parsed->count(), 3 * nanos) << text;
      }
}

TEST(Duration, SumsItsItems) {
  const struct {
    const char* text;
    std::int64_t nanos;
  } cases[] = {
      {"0", 0},
      {"0s", 0},
      {"1h 30m", 5'400 * kSecond},
      {"1h30m", 5'400 * kSecond},
      {"  1h \t 30m\n", 5'400 * kSecond},
      {"1m 1m", 120 * kSecond},
      {"30m 1h", 5'400 * kSecond},
      {"2weeks", 14 * kDay},
      {"500us", 500'000},
      {"168h0m0s", 7 * kDay},
      {"9223372036854775807ns", std::numeric_limits<std::int64_t>::max()},
  };
  for (const auto& [text, nanos] : cases) {
    const auto parsed = ParseDuration(text);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(parsed->count(), nanos) << text;
  }
}

TEST(Duration, RefusesTheRestWithAReason) {
  const std::string units = "expected ns, us, ms, s, m, h, d, w, M or y";
  const struct {
    const char* text;
    std::string reason;
  } cases[] = {
      {"", "expected a number and a unit, such as 30s or 1h 30m"},
      {"  ", "expected a number and a unit, such as 30s or 1h 30m"},
      {"5", "no unit after 5, " + units},
      {"00", "no unit after 00, " + units},
      {"1h 5", "no unit after 5, " + units},
      {"1 0s", "no unit after 1, " + units},
      {"5x", "unknown unit 'x', " + units},
      {"5S", "unknown unit 'S', " + units},
      {"5Min", "unknown unit 'Min', " + units},
      {"1.5h", "unknown unit '.', " + units},
      {"5s,6s", "unknown unit 's,', " + units},
      {"h", "expected a whole number at 'h', such as 30s or 1h 30m"},
      {"-5s", "expected a whole number at '-5s', such as 30s or 1h 30m"},
      {"+5s", "expected a whole number at '+5s', such as 30s or 1h 30m"},
      {"9223372036854775808ns", "too long, expected at most 292 years"},
      {"99999999999999999999999s", "too long, expected at most 292 years"},
      {"293y", "too long, expected at most 292 years"},
      {"200y 200y", "too long, expected at most 292 years"},
  };
  for (const auto& [text, reason] : cases) {
    const auto parsed = ParseDuration(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(parsed.error().message, "duration '" + std::string(text) + "': " + reason);
  }
}

TEST(Duration, PrintsTheShortestExactForm) {
  const struct {
    std::int64_t nanos;
    const char* text;
    const char* exact;  // nullptr: the same
  } cases[] = {
      {0, "0s", nullptr},
      {300 * kSecond, "5m", nullptr},
      {90 * kSecond, "1m 30s", nullptr},
      {5'400 * kSecond, "1h 30m", nullptr},
      {kDay, "1day", nullptr},
      {7 * kDay, "7days", nullptr},
      {30 * kDay, "30days", nullptr},
      {31 * kDay, "31days", "1month 13h 26m 24s"},
      {2'630'016 * kSecond, "1month", nullptr},
      {2 * 2'630'016 * kSecond, "2months", nullptr},
      {31'557'600 * kSecond, "1year", nullptr},
      {365 * kDay, "365days", "11months 30days 3h 50m 24s"},
      {2 * 31'557'600 * kSecond + 60 * kSecond, "2years 1m", nullptr},
      {100'000'000, "100ms", nullptr},
      {12'345'678, "12ms 345us 678ns", nullptr},
      {1, "1ns", nullptr},
      {-90 * kSecond, "-1m 30s", nullptr},
  };
  for (const auto& [nanos, text, exact] : cases) {
    EXPECT_EQ(PrintDuration(nanoseconds(nanos)), text);
    EXPECT_EQ(PrintDurationExact(nanoseconds(nanos)), exact == nullptr ? text : exact);
  }
}

TEST(Duration, ParsesWhatItPrints) {
  testing::SeededRandom random;
  const auto expect_round_trip = [](std::int64_t nanos) {
    for (const std::string& text :
         {PrintDuration(nanoseconds(nanos)), PrintDurationExact(nanoseconds(nanos))}) {
      const auto parsed = ParseDuration(text);
      ASSERT_TRUE(parsed.ok()) << parsed.error().message;
      EXPECT_EQ(parsed->count(), nanos) << text;
    }
  };
  expect_round_trip(std::numeric_limits<std::int64_t>::max());
  // All magnitudes: nanoseconds to centuries.
  for (int i = 0; i < 10'000; ++i)
    expect_round_trip(static_cast<std::int64_t>(random.Next() >> (1 + random.Next() % 63)));
}

TEST(Duration, PrintsTheMostNegativeOne) {
  EXPECT_EQ(PrintDurationExact(nanoseconds::min()),
            "-292years 3months 7days 16h 6m 28s 854ms 775us 808ns");
}

}  // namespace
}  // namespace tidemill
