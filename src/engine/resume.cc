#include "engine/resume.h"

#include <algorithm>

namespace tidemill::engine {
namespace {

bool ByFirst(const wal::RunStarted& a, const wal::RunStarted& b) {
  return a.range.first < b.range.first;
}

}  // namespace

ResumePlan PlanResume(const wal::TriggerState& state) {
  // Attempt 0 marks what is finished.
  std::vector<wal::RunStarted> known = state.under_way;
  for (wal::RunStarted& run : known) ++run.attempt;
  for (const wal::SequenceRange& done : state.finished) known.push_back({state.trigger, done, 0});
  std::sort(known.begin(), known.end(), ByFirst);

  ResumePlan plan{.again = {}, .taken = state.low_water};
  for (const wal::RunStarted& run : known) {
    if (run.range.last <= plan.taken) continue;
    // Ranges are recorded in the order they are taken, so there is no hole between them; were there
    // one, nobody would have been called for it yet.
    if (run.range.first > plan.taken + 1) {
      plan.again.push_back({state.trigger, {plan.taken + 1, run.range.first - 1}, 1});
    }
    if (run.attempt > 0) plan.again.push_back(run);
    plan.taken = run.range.last;
  }
  return plan;
}

}  // namespace tidemill::engine
