// What an object may be called, the same for every store.
#pragma once

#include <string_view>

#include "base/result.h"

namespace tidemill::objectstore {

constexpr std::size_t kObjectNameBytesMax = 1024;
constexpr std::size_t kObjectNamePartBytesMax = 255;  // what file systems allow between slashes

// Parts of [A-Za-z0-9._-] with single slashes between; no part begins with a dot, so there is no
// ".." and the stores have names left for themselves.
Status CheckObjectName(std::string_view name);
// The beginning of such a name, or nothing.
Status CheckObjectPrefix(std::string_view prefix);

}  // namespace tidemill::objectstore
