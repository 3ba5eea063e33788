#include "model/trigger.h"

#include "base/strings.h"

namespace tidemill::model {

std::string_view PrintErrorBehavior(ErrorBehavior behavior) {
  switch (behavior) {
    case ErrorBehavior::kLog: return "log";
    case ErrorBehavior::kRetry: return "retry";
    case ErrorBehavior::kDisable: return "disable";
  }
  return "log";
}

std::optional<ErrorBehavior> ParseErrorBehavior(std::string_view text) {
  const std::string lower = ToLowerAscii(text);
  if (lower == "log") return ErrorBehavior::kLog;
  if (lower == "retry") return ErrorBehavior::kRetry;
  if (lower == "disable") return ErrorBehavior::kDisable;
  return std::nullopt;
}

}  // namespace tidemill::model
