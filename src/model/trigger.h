// A trigger as the catalog keeps it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/timestamp.h"
#include "model/trigger_spec.h"

namespace tidemill::model {

enum class ErrorBehavior { kLog, kRetry, kDisable };
std::string_view PrintErrorBehavior(ErrorBehavior behavior);  // "log", "retry", "disable"
std::optional<ErrorBehavior> ParseErrorBehavior(std::string_view text);  // any case

struct Trigger {
  TriggerId id;
  DatabaseId database;
  std::string name;             // unique in its database
  std::string plugin_filename;  // as given: relative to the plugin directory, or gh:…
  TriggerSpec spec;
  ErrorBehavior error_behavior = ErrorBehavior::kLog;
  bool run_async = false;
  // Absent and empty are different things to a plugin: None and {}.
  std::optional<std::map<std::string, std::string>> arguments;
  bool disabled = false;
  // Why and when the server disabled it by itself; empty when a user did.
  std::string disabled_reason;
  Timestamp disabled_at;
};

}  // namespace tidemill::model
