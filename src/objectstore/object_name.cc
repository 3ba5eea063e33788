#include "objectstore/object_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/status_macros.h"
#include "base/strings.h"

namespace tidemill::objectstore {
namespace {

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool IsPart(std::string_view part) {
  return !part.starts_with('.') && part.size() <= kObjectNamePartBytesMax &&
         std::ranges::all_of(part, IsNameCharacter);
}

Status CheckParts(std::string_view text, std::string_view what, bool may_end_open) {
  const auto parts = Split(text, '/');
  bool ok = text.size() <= kObjectNameBytesMax;
  for (std::size_t i = 0; ok && i < parts.size(); ++i) {
    const bool is_last = i + 1 == parts.size();
    ok = IsPart(parts[i]) && (!parts[i].empty() || (is_last && may_end_open));
  }
  if (ok) return Ok();
  return InvalidError(fmt::format(
      "{} '{}': expected parts of letters, digits, '.', '_' and '-' with '/' between them, none "
      "beginning with '.'",
      what, CutUtf8(text, kObjectNamePartBytesMax)));
}

}  // namespace

Status CheckObjectName(std::string_view name) { return CheckParts(name, "object name", false); }

Status CheckObjectPrefix(std::string_view prefix) {
  return CheckParts(prefix, "object prefix", true);
}

}  // namespace tidemill::objectstore
