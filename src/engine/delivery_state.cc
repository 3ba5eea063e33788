#include "engine/delivery_state.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace tidemill::engine {
namespace {

// What was pending before the trigger was told of matches is not counted, so more can be taken
// than was noted.
std::size_t Less(std::size_t pending, std::size_t taken) {
  return pending > taken ? pending - taken : 0;
}

}  // namespace

DeliveryState::DeliveryState(PacingLimits pacing, std::size_t concurrency_max, ResumePlan plan)
    : pacing_(pacing),
      concurrency_max_(concurrency_max),
      again_(plan.again.begin(), plan.again.end()),
      taken_(plan.taken),
      read_after_(plan.taken) {}

DeliveryState::Next DeliveryState::Decide(std::chrono::nanoseconds now, double busy_cores) const {
  using Step = Next::Step;
  if (is_stopping_) return {running_ == 0 ? Step::kEnd : Step::kWait, {}};
  if (is_halted_ || running_ >= concurrency_max_ || !has_work()) return {Step::kWait, {}};
  if (now < paused_until_) return {Step::kWait, paused_until_};
  if (!again_.empty() || is_behind_) return {Step::kDeliver, {}};
  const auto due = NextRunAt(pacing_, busy_cores, last_start_, pending_rows_, now);
  if (due > now) return {Step::kWait, due};
  return {Step::kDeliver, {}};
}

bool DeliveryState::NoteMatch(const Match& match) {
  const bool had_work = has_work();
  const bool was_full = pending_rows_ >= pacing_.batch_rows_max;
  last_match_ = std::max(last_match_, match.sequence);
  pending_rows_ += match.rows;
  pending_bytes_ += match.bytes;
  return !had_work || (!was_full && pending_rows_ >= pacing_.batch_rows_max);
}

std::optional<Sequence> DeliveryState::FollowLog(Sequence told) {
  if (!is_at_rest() || has_new_work() || told <= read_after_) return std::nullopt;
  read_after_ = told;
  return told;
}

void DeliveryState::TakeAgain(std::chrono::nanoseconds now, bool begins_run) {
  CHECK(!again_.empty());
  again_.pop_front();
  if (begins_run) BeginRun(now);
}

std::optional<Sequence> DeliveryState::Take(const Batch& batch, std::chrono::nanoseconds now) {
  CHECK(batch.range.last >= read_after_) << batch.range.last << " after " << read_after_;
  read_after_ = batch.range.last;
  is_behind_ = !batch.reached_end;
  if (batch.empty()) {
    if (!has_new_work()) pending_rows_ = pending_bytes_ = 0;
    return is_at_rest() ? std::optional(read_after_) : std::nullopt;
  }
  taken_ = batch.range.last;
  pending_rows_ = Less(pending_rows_, batch.rows);
  pending_bytes_ = Less(pending_bytes_, batch.bytes);
  BeginRun(now);
  return std::nullopt;
}

wal::SequenceRange DeliveryState::TakeGap(Sequence last) {
  ++running_;
  if (!again_.empty()) {
    wal::RunStarted& cut = again_.front();
    const wal::SequenceRange gap{cut.range.first, std::min(cut.range.last, last)};
    cut.range.first = gap.last + 1;
    if (cut.range.first > cut.range.last) again_.pop_front();
    return gap;
  }
  const wal::SequenceRange gap{taken_ + 1, std::max(last, read_after_)};
  taken_ = read_after_ = gap.last;
  return gap;
}

void DeliveryState::EndRun() {
  CHECK(running_ > 0);
  --running_;
}

void DeliveryState::BeginRun(std::chrono::nanoseconds now) {
  ++running_;
  last_start_ = now;
}

}  // namespace tidemill::engine
