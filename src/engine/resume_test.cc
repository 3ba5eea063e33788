#include "engine/resume.h"

#include <gtest/gtest.h>

namespace tidemill::engine {
namespace {

constexpr TriggerId kTrigger{1};

std::string Print(const ResumePlan& plan) {
  std::string text;
  for (const wal::RunStarted& run : plan.again) {
    text += std::to_string(run.range.first) + "-" + std::to_string(run.range.last) + "#" +
            std::to_string(run.attempt) + " ";
  }
  return text + "then " + std::to_string(plan.taken);
}

std::string Plan(Sequence low_water, std::vector<wal::SequenceRange> finished,
                 std::vector<wal::RunStarted> under_way) {
  wal::TriggerState state;
  state.trigger = kTrigger;
  state.low_water = low_water;
  state.finished = std::move(finished);
  state.under_way = std::move(under_way);
  return Print(PlanResume(state));
}

TEST(Resume, GoesOnBehindTheLowWater) { EXPECT_EQ(Plan(10, {}, {}), "then 10"); }

TEST(Resume, WhatWasUnderWayComesAgainWithAHigherAttempt) {
  EXPECT_EQ(Plan(10, {}, {{kTrigger, {11, 15}, 1}}), "11-15#2 then 15");
  EXPECT_EQ(Plan(10, {}, {{kTrigger, {11, 15}, 7}}), "11-15#8 then 15");
}

TEST(Resume, WhatIsFinishedAboveDoesNotComeAgain) {
  EXPECT_EQ(Plan(10, {{16, 20}}, {{kTrigger, {21, 30}, 1}, {kTrigger, {11, 15}, 2}}),
            "11-15#3 21-30#2 then 30");
}

TEST(Resume, ARangeThatReachesBelowTheLowWaterStaysAsItWas) {
  EXPECT_EQ(Plan(10, {}, {{kTrigger, {5, 15}, 1}}), "5-15#2 then 15");
  EXPECT_EQ(Plan(10, {}, {{kTrigger, {5, 10}, 1}}), "then 10");
}

TEST(Resume, NothingIsSkippedWhereNothingIsKnown) {
  EXPECT_EQ(Plan(10, {{20, 30}}, {}), "11-19#1 then 30");
}

}  // namespace
}  // namespace tidemill::engine
