// Brings the end of a run into the log, whatever the disk is doing: waits out a full disk, never
// repeats what may have been written already.
#pragma once

#include <functional>
#include <string>

#include "base/task.h"
#include "engine/ports.h"
#include "engine/runner_ports.h"

namespace tidemill::engine {

struct RunEnd {
  enum class Kind {
    kCommitted,
    kRefused,    // nothing was written: the output does not fit; `reason` says where
    kAbandoned,  // the server is stopping: nothing was written
    kUnknown,    // it may or may not have been written: only a restart can tell
  };
  Kind kind = Kind::kCommitted;
  std::string reason;
};

// Waits until a moment on the steady clock. False: there is no point in waiting any more.
using WaitUntil = std::function<Task<bool>(std::chrono::nanoseconds)>;

// Goes on on the executor.
Task<RunEnd> CommitRun(const RunnerPorts& ports, const RunCommitRequest& request, WaitUntil wait);

}  // namespace tidemill::engine
