// What a data-write trigger still has to deliver, and what its loop does next. Pure: no clock, no
// lock, no log; TriggerRunner guards it with its mutex and carries out what it decides.
//
// The log before `taken` belongs to batches that were taken; between `taken` and `read_after`
// nothing concerns the trigger; behind that is what may be pending.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

#include "base/ids.h"
#include "engine/batch.h"
#include "engine/pacing.h"
#include "engine/resume.h"
#include "engine/write_source.h"

namespace tidemill::engine {

class DeliveryState {
 public:
  struct Next {
    enum class Step { kWait, kDeliver, kEnd };
    Step step = Step::kWait;
    std::optional<std::chrono::nanoseconds> until;  // of kWait; nullopt: until something changes
  };

  DeliveryState(PacingLimits pacing, std::size_t concurrency_max, ResumePlan plan);

  Next Decide(std::chrono::nanoseconds now, double busy_cores) const;

  // True: the loop should look again, now.
  bool NoteMatch(const Match& match);
  // Everything up to `told` has been noted. The new low water, if nothing is left before it.
  std::optional<Sequence> FollowLog(Sequence told);

  // The range a crash cut off that is next, if one is.
  const wal::RunStarted* again() const { return again_.empty() ? nullptr : &again_.front(); }
  // A run on it begins, or nothing in it is left to do.
  void TakeAgain(std::chrono::nanoseconds now, bool begins_run);
  // `batch` was read behind `taken` and `read_after`; a run on it begins unless it is empty.
  // For an empty one the new low water, if nothing is left before it.
  std::optional<Sequence> Take(const Batch& batch, std::chrono::nanoseconds now);
  // The log begins behind `last` now. The part that is lost to the trigger; its commit begins.
  wal::SequenceRange TakeGap(Sequence last);
  void EndRun();

  void PauseUntil(std::chrono::nanoseconds until) { paused_until_ = until; }
  // No more runs, though the loop goes on until it is stopped.
  void Halt() { is_halted_ = true; }
  void Stop() { is_stopping_ = true; }

  Sequence taken() const { return taken_; }
  Sequence read_after() const { return read_after_; }
  Sequence last_match() const { return last_match_; }
  bool is_halted() const { return is_halted_; }
  bool is_stopping() const { return is_stopping_; }
  bool has_work() const { return !again_.empty() || has_new_work(); }
  std::size_t running() const { return running_; }
  std::size_t pending_rows() const { return pending_rows_; }
  std::size_t pending_bytes() const { return pending_bytes_; }

 private:
  bool has_new_work() const { return is_behind_ || last_match_ > read_after_; }
  bool is_at_rest() const { return running_ == 0 && again_.empty() && !is_halted_; }
  void BeginRun(std::chrono::nanoseconds now);

  const PacingLimits pacing_;
  const std::size_t concurrency_max_;
  std::deque<wal::RunStarted> again_;
  Sequence taken_ = 0;
  Sequence read_after_ = 0;
  Sequence last_match_ = 0;
  bool is_behind_ = true;  // the log holds records that were not looked at
  std::size_t pending_rows_ = 0;
  std::size_t pending_bytes_ = 0;
  std::size_t running_ = 0;
  std::optional<std::chrono::nanoseconds> last_start_;
  std::chrono::nanoseconds paused_until_{0};
  bool is_halted_ = false;
  bool is_stopping_ = false;
};

}  // namespace tidemill::engine
