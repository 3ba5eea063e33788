// The value of --trigger-arguments: "key=value,key=value".
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemill::cli {

// Adds the pairs of `text`; the last of a key counts. The first '=' ends a key. A piece without '='
// belongs to the value before it, comma included: "tables=a,b" is one pair.
Status AddTriggerArguments(std::string_view text, std::map<std::string, std::string>& into);

}  // namespace tidemill::cli
