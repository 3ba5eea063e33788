// The command `tidemill storage check`: a data directory of a stopped server, verified byte by
// byte.
//
// Reads every frame of the log, the catalog, the manifest and every block of every Parquet file,
// prints what is damaged and what to do, and changes nothing.
#pragma once

#include <string>
#include <vector>

namespace tidemill::app {

// `arguments`: what stands after `storage`. Returns the exit code: 0 all is well, 1 something is
// damaged or the check could not run, 2 usage error.
int StorageCommand(const std::vector<std::string>& arguments);

}  // namespace tidemill::app
