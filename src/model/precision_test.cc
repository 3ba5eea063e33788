#include "model/precision.h"

#include <gtest/gtest.h>

#include <limits>

namespace tidemill::model {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

TEST(Precision, HasTheSpellingsOfTheWriteApi) {
  EXPECT_EQ(ParsePrecision("auto"), Precision::kAuto);
  for (const auto text : {"second", "s"}) EXPECT_EQ(ParsePrecision(text), Precision::kSecond);
  for (const auto text : {"millisecond", "ms"}) {
    EXPECT_EQ(ParsePrecision(text), Precision::kMillisecond);
  }
  for (const auto text : {"microsecond", "us", "u"}) {
    EXPECT_EQ(ParsePrecision(text), Precision::kMicrosecond);
  }
  for (const auto text : {"nanosecond", "ns", "n"}) {
    EXPECT_EQ(ParsePrecision(text), Precision::kNanosecond);
  }
  for (const auto text : {"", "NS", "m", "seconds", " s"}) {
    EXPECT_EQ(ParsePrecision(text), std::nullopt) << text;
  }
}

void ExpectGuessed(std::int64_t value, std::int64_t nanos) {
  SCOPED_TRACE(value);
  EXPECT_EQ(ToTimestamp(value, Precision::kAuto), Timestamp(nanos));
}

TEST(Precision, AutoDecidesBySizeOnBothSidesOfTheEpoch) {
  ExpectGuessed(0, 0);
  ExpectGuessed(4'999'999'999, 4'999'999'999'000'000'000);
  ExpectGuessed(5'000'000'000, 5'000'000'000'000'000);
  ExpectGuessed(4'999'999'999'999, 4'999'999'999'999'000'000);
  ExpectGuessed(5'000'000'000'000, 5'000'000'000'000'000);
  ExpectGuessed(4'999'999'999'999'999, 4'999'999'999'999'999'000);
  ExpectGuessed(5'000'000'000'000'000, 5'000'000'000'000'000);
  ExpectGuessed(-1'700'000'000, -1'700'000'000'000'000'000);
  ExpectGuessed(-1'700'000'000'000, -1'700'000'000'000'000'000);
  ExpectGuessed(kMax, kMax);
  ExpectGuessed(kMin, kMin);
}

TEST(Precision, ScalesExplicitUnitsAndReportsOverflow) {
  EXPECT_EQ(ToTimestamp(-7, Precision::kSecond), Timestamp(-7'000'000'000));
  EXPECT_EQ(ToTimestamp(7, Precision::kMillisecond), Timestamp(7'000'000));
  EXPECT_EQ(ToTimestamp(7, Precision::kMicrosecond), Timestamp(7'000));
  EXPECT_EQ(ToTimestamp(kMin, Precision::kNanosecond), Timestamp(kMin));
  EXPECT_EQ(ToTimestamp(kMax, Precision::kMicrosecond), std::nullopt);
  EXPECT_EQ(ToTimestamp(kMin, Precision::kSecond), std::nullopt);
  EXPECT_EQ(ToTimestamp(9'223'372'037, Precision::kSecond), std::nullopt);
  EXPECT_TRUE(ToTimestamp(9'223'372'036, Precision::kSecond).has_value());
}

TEST(Precision, TruncatesTowardThePast) {
  const Timestamp now(1'234'567'891'234);
  EXPECT_EQ(TruncateTo(now, Precision::kSecond), Timestamp(1'234'000'000'000));
  EXPECT_EQ(TruncateTo(now, Precision::kMillisecond), Timestamp(1'234'567'000'000));
  EXPECT_EQ(TruncateTo(now, Precision::kMicrosecond), Timestamp(1'234'567'891'000));
  EXPECT_EQ(TruncateTo(now, Precision::kNanosecond), now);
  EXPECT_EQ(TruncateTo(now, Precision::kAuto), now);
  EXPECT_EQ(TruncateTo(Timestamp(-1), Precision::kSecond), Timestamp(-1'000'000'000));
}

}  // namespace
}  // namespace tidemill::model
