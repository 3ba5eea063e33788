// Keeps paths given by users inside one directory.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemill {

// `relative` below `root`, as an absolute path: no "..", no absolute path, no symlink that leaves
// the root (the deepest existing ancestor is resolved). Error: kInvalid
// "Path traversal detected: plugin filename '../x' attempts to access files outside the plugin
// directory".
Result<std::string> ResolveInside(const std::string& root, std::string_view relative);

}  // namespace tidemill
