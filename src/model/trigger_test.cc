#include "model/trigger.h"

#include <gtest/gtest.h>

namespace tidemill::model {
namespace {

TEST(ErrorBehavior, ParsesWhatItPrintsInAnyCase) {
  for (const auto behavior :
       {ErrorBehavior::kLog, ErrorBehavior::kRetry, ErrorBehavior::kDisable}) {
    EXPECT_EQ(ParseErrorBehavior(PrintErrorBehavior(behavior)), behavior);
  }
  EXPECT_EQ(ParseErrorBehavior("Retry"), ErrorBehavior::kRetry);
  EXPECT_EQ(ParseErrorBehavior("LOG"), ErrorBehavior::kLog);
  EXPECT_EQ(ParseErrorBehavior(""), std::nullopt);
  EXPECT_EQ(ParseErrorBehavior("ignore"), std::nullopt);
}

}  // namespace
}  // namespace tidemill::model
