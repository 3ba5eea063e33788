#include "query/active_query.h"

#include <gtest/gtest.h>

#include "query/query_fakes.h"
#include "testing/manual_clock.h"

namespace tidemill::query {
namespace {

using std::chrono::minutes;

std::shared_ptr<FakeStream> MakeStream() {
  return std::make_shared<FakeStream>(1, std::vector<sql::ResolvedTable>());
}

TEST(ActiveQueries, CancelsWhatRunsPastItsDeadlineAndNothingElse) {
  testing::ManualClock clock;
  ActiveQueries queries(clock);
  const auto quick = queries.Add(minutes(1)).value();
  const auto slow = queries.Add(minutes(5)).value();
  const auto quick_stream = MakeStream();
  const auto slow_stream = MakeStream();
  quick->Attach(quick_stream);
  slow->Attach(slow_stream);
  clock.Advance(minutes(1));
  queries.CheckDeadlines();
  EXPECT_TRUE(quick_stream->is_cancelled);
  EXPECT_EQ(quick->StopError().message, "the query ran longer than its time limit of 1m");
  EXPECT_EQ(quick->StopError().code, ErrorCode::kTimeout);
  EXPECT_FALSE(slow_stream->is_cancelled);
  EXPECT_EQ(slow->stop_reason(), StopReason::kNone);
}

TEST(ActiveQueries, AQueryStoppedBeforeItHasAStreamIsCancelledWhenItGetsOne) {
  testing::ManualClock clock;
  ActiveQueries queries(clock);
  const auto query = queries.Add(minutes(1)).value();
  query->Stop(StopReason::kCancelled);
  const auto stream = MakeStream();
  query->Attach(stream);
  EXPECT_TRUE(stream->is_cancelled);
}

TEST(ActiveQueries, TheFirstReasonStays) {
  testing::ManualClock clock;
  ActiveQueries queries(clock);
  const auto query = queries.Add(minutes(1)).value();
  query->Stop(StopReason::kCancelled);
  clock.Advance(minutes(2));
  query->CheckDeadline();
  EXPECT_EQ(query->StopError().message, "the query was cancelled");
}

TEST(ActiveQueries, ARemovedQueryIsLeftAlone) {
  testing::ManualClock clock;
  ActiveQueries queries(clock);
  const auto query = queries.Add(minutes(1)).value();
  const auto twin = queries.Add(minutes(1)).value();  // with the same deadline
  queries.Remove(query);
  clock.Advance(minutes(2));
  queries.CheckDeadlines();
  EXPECT_EQ(query->stop_reason(), StopReason::kNone);
  EXPECT_EQ(twin->stop_reason(), StopReason::kTimeLimit);
}

TEST(ActiveQueries, StopCancelsAllAndRefusesNewOnes) {
  testing::ManualClock clock;
  ActiveQueries queries(clock);
  const auto query = queries.Add(std::chrono::nanoseconds::max()).value();
  const auto stream = MakeStream();
  query->Attach(stream);
  queries.Stop();
  queries.Stop();
  EXPECT_TRUE(stream->is_cancelled);
  EXPECT_EQ(query->StopError().message, "the query was cancelled: the server is stopping");
  EXPECT_EQ(queries.Add(minutes(1)).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tidemill::query
