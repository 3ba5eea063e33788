// The node's directory on disk: made, recognised as ours, and refused when it is somebody else's.
#pragma once

#include <string>

#include "base/file_system.h"
#include "base/result.h"

namespace tidemill::app {

// Version of the layout as a whole; every file inside has a version of its own.
inline constexpr int kLayoutVersion = 1;

struct DataDirectory {
  std::string root;  // <data-dir>
  std::string node;  // <data-dir>/<node-id>
};

// Creates <data-dir>/<node-id> with the file `tidemill.json` in it. Errors: kConflict when files of
// another program stand there, or the layout is newer than this binary (nothing is changed then).
Result<DataDirectory> OpenDataDirectory(FileSystem& fs, const std::string& data_dir,
                                        const std::string& node_id);

}  // namespace tidemill::app
