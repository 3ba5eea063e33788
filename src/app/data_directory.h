// The node's directory on disk: made, recognised as ours, and refused when it is somebody else's.
#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "base/result.h"

namespace tidemill::app {

// Version of the layout as a whole; every file inside has a version of its own.
inline constexpr int kLayoutVersion = 1;

struct DataDirectory {
  std::string root;  // <data-dir>
  std::string node;  // <data-dir>/<node-id>
  // Held for as long as the server runs: taken before any file in it is opened, since opening a log
  // may cut its tail.
  std::unique_ptr<FileLock> lock;
};

// Creates <data-dir>/<node-id> with the file `tidemill.json` in it, and locks it. Errors: kConflict
// when another server runs on it, or when files of
// another program stand there, or the layout is newer than this binary (nothing is changed then).
Result<DataDirectory> OpenDataDirectory(FileSystem& fs, const std::string& data_dir,
                                        const std::string& node_id);
// The same directory to look at: nothing is made or changed. Errors: kNotFound when there is none,
// kConflict as above.
Result<DataDirectory> InspectDataDirectory(FileSystem& fs, const std::string& data_dir,
                                           const std::string& node_id);

}  // namespace tidemill::app
