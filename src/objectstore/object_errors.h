// The errors of a store, in the same words whichever store it is.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace tidemill::objectstore {

Error ObjectMissing(std::string_view name);  // kNotFound
Error ObjectExists(std::string_view name);   // kConflict
Error ReadPastEnd(std::string_view name, std::uint64_t offset, std::uint64_t length,
                  std::uint64_t bytes);       // kInvalid
Error WriterFinished(std::string_view name);  // kInvalid

}  // namespace tidemill::objectstore
