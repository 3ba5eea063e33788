#include "storage/retention.h"

#include <gtest/gtest.h>

namespace tidemill::storage {
namespace {

catalog::Database Keeping(std::optional<std::chrono::nanoseconds> period) {
  catalog::Database database;
  database.id = DatabaseId(3);
  database.retention = period;
  return database;
}

const auto kHour = std::chrono::nanoseconds(std::chrono::hours(1));
const Timestamp kNoon(43'200'000'000'000);

TEST(Retention, CutsAtNowLessThePeriod) {
  Retention retention;
  EXPECT_EQ(retention.CutoffAt(Keeping(kHour), kNoon), kNoon - kHour);
  EXPECT_EQ(retention.CutoffAt(Keeping(std::nullopt), kNoon), Timestamp::Min());
}

TEST(Retention, AClockThatGoesBackBringsNoRowsBack) {
  Retention retention;
  retention.CutoffAt(Keeping(kHour), kNoon);
  EXPECT_EQ(retention.CutoffAt(Keeping(kHour), kNoon - kHour), kNoon - kHour);
}

TEST(Retention, OnlyALongerPeriodBringsRowsBack) {
  Retention retention;
  retention.CutoffAt(Keeping(kHour), kNoon);
  EXPECT_EQ(retention.CutoffAt(Keeping(kHour / 2), kNoon), kNoon - kHour / 2);
  EXPECT_EQ(retention.CutoffAt(Keeping(kHour), kNoon), kNoon - kHour);
  EXPECT_EQ(retention.CutoffAt(Keeping(std::nullopt), kNoon), Timestamp::Min());
  EXPECT_EQ(retention.CutoffAt(Keeping(kHour), kNoon), kNoon - kHour);
}

TEST(Retention, GoesOnFromWhatTheManifestRemembers) {
  Retention before;
  before.CutoffAt(Keeping(kHour), kNoon);
  Retention after;
  for (const RetentionCutoff& cutoff : before.All()) after.Restore(cutoff);
  EXPECT_EQ(after.CutoffAt(Keeping(kHour), kNoon - kHour), kNoon - kHour);
}

TEST(Retention, APeriodLongerThanTimeItselfKeepsEverything) {
  Retention retention;
  EXPECT_EQ(retention.CutoffAt(Keeping(std::chrono::nanoseconds::max()), Timestamp(-5)),
            Timestamp::Min());
}

}  // namespace
}  // namespace tidemill::storage
