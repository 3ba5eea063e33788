// Pieces of JSON text, written straight into a string.
#pragma once

#include <string>
#include <string_view>

namespace tidemill::server {

// With its quotes; control characters escaped; other bytes as they are (UTF-8).
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace tidemill::server
