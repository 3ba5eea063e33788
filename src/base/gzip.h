// Gzip bodies: inflate with a cap on the output, deflate for clients.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemill {

// One or several gzip members. Errors: kTooLarge when more than `output_bytes_max` would come out
// (found while inflating, never trusted from the header); kInvalid "error decoding gzip stream: …".
Result<std::string> Gunzip(std::string_view compressed, std::size_t output_bytes_max);
std::string Gzip(std::string_view plain);

}  // namespace tidemill
