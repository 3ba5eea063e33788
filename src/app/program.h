// What the program knows about itself: its version, and where it is installed.
#pragma once

#include <string>
#include <string_view>

namespace tidemill::app {

std::string_view Version();   // "0.1.0"
std::string_view Revision();  // short commit hash at build time, or "unknown"

// The folder that holds the Python package tidemill_worker/: `python` beside the program, or beside
// its bin/.
std::string WorkerPackageDirectory();

}  // namespace tidemill::app
