// Text as it stands in a message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemill::cli {

// What the user typed: cut short, and without control characters. An argument may be a hundred
// kilobytes long, or hold what would paint the terminal.
std::string Shown(std::string_view text);

// "a, b or c".
std::string JoinWithOr(const std::vector<std::string>& words);

}  // namespace tidemill::cli
