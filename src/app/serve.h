// The command `tidemill serve`: options to a running node, and back to nothing on SIGTERM or
// SIGINT.
#pragma once

#include <string>
#include <vector>

namespace tidemill::app {

// `arguments` without the program and the command. Returns the exit code: 0 stopped cleanly, 1
// could not run, 2 usage error.
int Serve(const std::vector<std::string>& arguments);

}  // namespace tidemill::app
