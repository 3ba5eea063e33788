// The check itself: part by part of a data directory, a line for what is sound and one for each
// damage. Changes nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "base/file_system.h"
#include "base/result.h"

namespace tidemill::app {

// Returns how many damages were printed. Errors, when there is nothing to check: kNotFound (no such
// node), kConflict (a server runs on it, or a newer one wrote it).
Result<std::size_t> CheckStorage(FileSystem& fs, const std::string& data_dir,
                                 const std::string& node_id,
                                 const std::function<void(const std::string&)>& print);

}  // namespace tidemill::app
