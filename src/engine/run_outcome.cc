#include "engine/ports.h"

namespace tidemill::engine {

std::string_view PrintRunOutcome(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::kOk: return "ok";
    case RunOutcome::kFailed: return "failed";
    case RunOutcome::kOutputRefused: return "output_refused";
    case RunOutcome::kTimeout: return "timeout";
    case RunOutcome::kCrashed: return "crashed";
    case RunOutcome::kCancelled: return "cancelled";
    case RunOutcome::kInterrupted: return "interrupted";
  }
  return "";
}

}  // namespace tidemill::engine
