#include "engine/pacing.h"

#include <gtest/gtest.h>

namespace tidemill::engine {
namespace {

using namespace std::chrono_literals;

constexpr PacingLimits kLimits{
    .batch_rows_max = 100, .interval_min = 100ms, .interval_max = 1s, .cores = 4};

TEST(Pacing, IntervalGrowsWithTheLoadAboveAQuarterOfTheCores) {
  EXPECT_EQ(RunInterval(kLimits, 0), 100ms);
  EXPECT_EQ(RunInterval(kLimits, 1), 100ms);
  EXPECT_EQ(RunInterval(kLimits, 2), 200ms);
  EXPECT_EQ(RunInterval(kLimits, 4), 400ms);
  EXPECT_EQ(RunInterval(kLimits, 100), 1s);
}

TEST(Pacing, AQuietTriggerAndAFullBatchRunAtOnce) {
  EXPECT_EQ(NextRunAt(kLimits, 0, std::nullopt, 1, 5s), 5s) << "first run";
  EXPECT_EQ(NextRunAt(kLimits, 100, 4s, 1, 5s), 5s) << "quiet for a second";
  EXPECT_EQ(NextRunAt(kLimits, 100, 5s, 100, 5s), 5s) << "full";
  EXPECT_EQ(NextRunAt(kLimits, 0, 5s, 99, 5s), 5100ms) << "not yet full";
}

TEST(LoadMeter, FadesWithinSeconds) {
  LoadMeter load;
  EXPECT_EQ(load.busy_cores(10s), 0);
  load.Add(500ms, 10s);
  load.Add(500ms, 10s);
  EXPECT_NEAR(load.busy_cores(10s), 1.0, 1e-9);
  EXPECT_NEAR(load.busy_cores(11s), 0.368, 0.001);
  EXPECT_LT(load.busy_cores(20s), 0.001);
}

TEST(LoadMeter, ShowsTheShareOfSteadyWork) {
  LoadMeter load;
  for (int i = 1; i <= 1000; ++i) load.Add(5ms, i * 10ms);
  EXPECT_NEAR(load.busy_cores(10s), 0.5, 0.01);
}

}  // namespace
}  // namespace tidemill::engine
