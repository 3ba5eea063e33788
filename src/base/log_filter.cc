#include "base/log_filter.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"

namespace tidemill {
namespace {

constexpr LogLevel kDefaultLevel = LogLevel::kInfo;

std::optional<LogLevel> ParseLevel(std::string_view text) {
  const std::string name = ToLowerAscii(text);
  if (name == "trace") return LogLevel::kTrace;
  if (name == "debug") return LogLevel::kDebug;
  if (name == "info") return LogLevel::kInfo;
  if (name == "warn" || name == "warning") return LogLevel::kWarn;
  if (name == "error") return LogLevel::kError;
  if (name == "off") return LogLevel::kOff;
  return std::nullopt;
}

bool IsPartOf(std::string_view module, std::string_view group) {
  return module.starts_with(group) &&
         (module.size() == group.size() || module.substr(group.size()).starts_with("::"));
}

}  // namespace

Result<LogFilter> LogFilter::Parse(std::string_view text) {
  LogFilter filter;
  for (const std::string_view part : Split(text, ',')) {
    const std::string_view entry = Trim(part);
    if (entry.empty()) continue;
    const std::size_t equals = entry.rfind('=');
    const bool has_module = equals != std::string_view::npos;
    const std::string_view module = has_module ? Trim(entry.substr(0, equals)) : "";
    const auto level = ParseLevel(Trim(has_module ? entry.substr(equals + 1) : entry));
    if (!level || (has_module && module.empty()))
      return InvalidError(
          fmt::format("log filter '{}': expected <level> or <module>=<level>, where the level is "
                      "trace, debug, info, warn, error or off",
                      entry));
    filter.entries_.push_back({.module = std::string(module), .level = *level});
  }
  return filter;
}

LogLevel LogFilter::LevelOf(std::string_view module) const {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry)
    if (entry->module.empty() || IsPartOf(module, entry->module)) return entry->level;
  return kDefaultLevel;
}

LogLevel LogFilter::LeastLevel() const {
  LogLevel least = kDefaultLevel;
  for (const Entry& entry : entries_) least = std::min(least, entry.level);
  return least;
}

}  // namespace tidemill
