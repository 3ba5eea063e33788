// Small text helpers that several modules need.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill {

std::string_view Trim(std::string_view text);  // ASCII blanks at both ends
std::vector<std::string_view> Split(std::string_view text, char separator);
std::string ToLowerAscii(std::string_view text);
bool IsValidUtf8(std::string_view text);
// At most `bytes_max` bytes of `text`, cut on a UTF-8 boundary.
std::string_view CutUtf8(std::string_view text, std::size_t bytes_max);
// The candidate nearest to `word` (edit distance at most a third of its length, at least 1), for
// "did you mean".
std::optional<std::string> NearestName(std::string_view word,
                                       const std::vector<std::string>& candidates);
// "%41b+c" to "Ab c" ('+' becomes a blank only when `plus_is_blank`). nullopt: a broken escape.
std::optional<std::string> DecodePercent(std::string_view text, bool plus_is_blank);
std::string EncodePercent(std::string_view text);  // all but unreserved characters

}  // namespace tidemill
