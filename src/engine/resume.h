// Where a trigger goes on after a start, worked out from its durable progress. Pure.
#pragma once

#include <vector>

#include "base/ids.h"
#include "wal/records.h"

namespace tidemill::engine {

struct ResumePlan {
  // To be run once more as they were, in order, before anything new; `attempt` is the one to make
  // now.
  std::vector<wal::RunStarted> again;
  Sequence taken = 0;  // new batches begin behind this
};

ResumePlan PlanResume(const wal::TriggerState& state);

}  // namespace tidemill::engine
