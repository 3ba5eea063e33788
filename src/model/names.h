// Which names users may give to databases and triggers.
#pragma once

#include <string_view>

#include "base/result.h"

namespace tidemill::model {

inline constexpr std::string_view kInternalDatabase = "_internal";

// ASCII, 1 to 511 bytes, begins with a letter or digit; then letters, digits, '_', '-' and at most
// one '/' that is neither first nor last. `_internal` is not valid here: users cannot write it.
Status ValidateDatabaseName(std::string_view name);

// UTF-8, 1 to 255 bytes, no control characters, no '/'.
Status ValidateTriggerName(std::string_view name);

}  // namespace tidemill::model
