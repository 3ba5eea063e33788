// A file of nothing that holds disk space back, so that there is some to give when the disk is
// full.
//
// The log gives it up at the first refusal for lack of space: what frees space (dropping,
// retention, flush, compaction) needs a little to work with. Before the log takes writes again it
// takes the ballast back. The committer's thread only.
#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.h"

namespace tidemill::wal {

class Ballast {
 public:
  // `bytes` 0: none is kept.
  Ballast(FileSystem& fs, const std::string& directory, std::uint64_t bytes)
      : fs_(fs), path_(directory + "/reserve"), bytes_(bytes) {}

  // At start: takes the space if there is enough. If not, the log works without.
  void Take();
  // Frees the space. Errors are logged: whoever calls has worse to report.
  void GiveUp();
  // After GiveUp: holds its space again when this returns ok. kUnavailable: there is not enough.
  Status TakeBack();

 private:
  Status Allocate();

  FileSystem& fs_;
  const std::string path_;
  const std::uint64_t bytes_;
  bool is_given_up_ = false;
};

}  // namespace tidemill::wal
