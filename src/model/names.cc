#include "model/names.h"

#include <fmt/format.h>

#include <string>

#include "base/strings.h"

namespace tidemill::model {
namespace {

constexpr std::size_t kDatabaseNameBytesMax = 511;
constexpr std::size_t kTriggerNameBytesMax = 255;
// A name in a message: enough to recognise it.
constexpr std::size_t kShownBytesMax = 64;

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

Error NameError(std::string_view what, std::string_view name, std::string_view problem) {
  const bool is_cut = name.size() > kShownBytesMax;
  return InvalidError(fmt::format("{} '{}{}': {}", what, CutUtf8(name, kShownBytesMax),
                                  is_cut ? "..." : "", problem));
}

}  // namespace

Status ValidateDatabaseName(std::string_view name) {
  constexpr std::string_view kWhat = "invalid database name";
  constexpr std::string_view kAllowed =
      "expected ASCII letters, digits, '_', '-' and at most one '/', beginning with a letter or "
      "digit";
  if (name.empty()) return NameError(kWhat, name, "the name is empty");
  if (name.size() > kDatabaseNameBytesMax) {
    return NameError(
        kWhat, name,
        fmt::format("{} bytes, at most {} are allowed", name.size(), kDatabaseNameBytesMax));
  }
  if (!IsLetterOrDigit(name.front())) {
    return NameError(kWhat, name, fmt::format("bad first character, {}", kAllowed));
  }
  std::size_t slashes = 0;
  for (const char c : name) {
    if (c == '/') {
      ++slashes;
    } else if (!IsLetterOrDigit(c) && c != '_' && c != '-') {
      return NameError(kWhat, name, fmt::format("bad character, {}", kAllowed));
    }
  }
  if (slashes > 1) return NameError(kWhat, name, "more than one '/'");
  if (name.back() == '/') {
    return NameError(kWhat, name, "ends in '/', which must stand between two names");
  }
  return Ok();
}

Status ValidateTriggerName(std::string_view name) {
  constexpr std::string_view kWhat = "invalid trigger name";
  if (name.empty()) return NameError(kWhat, name, "the name is empty");
  if (name.size() > kTriggerNameBytesMax) {
    return NameError(
        kWhat, name,
        fmt::format("{} bytes, at most {} are allowed", name.size(), kTriggerNameBytesMax));
  }
  if (!IsValidUtf8(name)) return InvalidError("invalid trigger name: not valid UTF-8");
  for (const char c : name) {
    if (c == '/') return NameError(kWhat, name, "'/' is not allowed");
    if (IsControl(c))
      return InvalidError("invalid trigger name: control characters are not allowed");
  }
  return Ok();
}

}  // namespace tidemill::model
