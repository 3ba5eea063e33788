#include "engine/error_policy.h"

#include <gtest/gtest.h>

#include "testing/seeded_random.h"

namespace tidemill::engine {
namespace {

using namespace std::chrono_literals;
using model::ErrorBehavior;
using Kind = Action::Kind;

Action After(ErrorBehavior behavior, BatchHistory history) {
  testing::SeededRandom random;
  return AfterRun(behavior, history, 24h, random);
}

TEST(ErrorPolicy, AFailureIsTreatedAsTheTriggerSays) {
  for (const RunOutcome outcome :
       {RunOutcome::kFailed, RunOutcome::kTimeout, RunOutcome::kCrashed}) {
    SCOPED_TRACE(PrintRunOutcome(outcome));
    const BatchHistory history{.outcome = outcome, .failures = 1};
    EXPECT_EQ(After(ErrorBehavior::kLog, history).kind, Kind::kPass);
    EXPECT_EQ(After(ErrorBehavior::kRetry, history), (Action{Kind::kRetry, 0s}));
    EXPECT_EQ(After(ErrorBehavior::kDisable, history).kind, Kind::kDisable);
  }
}

TEST(ErrorPolicy, WhatIsNotThePluginsFaultIsRunAgain) {
  for (const RunOutcome outcome : {RunOutcome::kCancelled, RunOutcome::kInterrupted}) {
    for (const auto behavior :
         {ErrorBehavior::kLog, ErrorBehavior::kRetry, ErrorBehavior::kDisable}) {
      EXPECT_EQ(After(behavior, {.outcome = outcome, .interruptions = 1}),
                (Action{Kind::kRepeat, 0s}));
    }
  }
}

TEST(ErrorPolicy, RefusedOutputIsNeitherRepeatedNorDisabling) {
  for (const auto behavior :
       {ErrorBehavior::kLog, ErrorBehavior::kRetry, ErrorBehavior::kDisable}) {
    EXPECT_EQ(After(behavior, {.outcome = RunOutcome::kOutputRefused}).kind, Kind::kPass);
  }
}

TEST(ErrorPolicy, RetryEndsWithItsTime) {
  BatchHistory history{.outcome = RunOutcome::kFailed, .failures = 30};
  history.since_first_failure = 23h;
  EXPECT_EQ(After(ErrorBehavior::kRetry, history).kind, Kind::kRetry);
  history.since_first_failure = 24h;
  EXPECT_EQ(After(ErrorBehavior::kRetry, history).kind, Kind::kPass);
}

TEST(RetryDelay, DoublesUpToAMinuteWithJitter) {
  testing::SeededRandom random;
  const std::vector<std::chrono::seconds> delays = {0s, 0s, 1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s};
  for (std::uint32_t failures = 0; failures < delays.size(); ++failures) {
    const std::chrono::nanoseconds delay = delays[failures];
    bool differs = delay == 0s;
    for (int i = 0; i < 100; ++i) {
      const auto actual = RetryDelay(failures, random);
      EXPECT_GE(actual, delay - delay / 4) << failures;
      EXPECT_LE(actual, delay + delay / 4) << failures;
      differs |= actual != delay;
    }
    EXPECT_TRUE(differs) << failures;
  }
  EXPECT_LE(RetryDelay(4'000'000'000, random), 75s);
}

}  // namespace
}  // namespace tidemill::engine
