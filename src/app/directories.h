// Names of the node and of its directories: what the flags leave open, and absolute paths.
#pragma once

#include <string>

#include "app/options.h"
#include "base/result.h"

namespace tidemill::app {

// Quick start (server.md 6.1): no node id is given, so it is named after the host, and standard
// error says how.
void NameNode(ServeOptions& options);
// A leading "~" is the home directory; no slash at the end.
Result<std::string> AbsolutePath(const std::string& path, const Environment& environment);

}  // namespace tidemill::app
