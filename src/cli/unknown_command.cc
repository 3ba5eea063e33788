#include "cli/unknown_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/strings.h"
#include "cli/shown.h"

namespace tidemill::cli {
namespace {

// Commands of InfluxDB 3 Core that are not here. They are named as such rather than be taken for a
// slip of the pen: "delete database" is not a misspelt "create database".
constexpr std::string_view kElsewhere[] = {
    "create distinct_cache",
    "create last_cache",
    "create token",
    "debug",
    "debug catalog",
    "delete database",
    "delete distinct_cache",
    "delete last_cache",
    "delete table",
    "delete token",
    "install",
    "install package",
    "show plugins",
    "show retention",
    "show tokens",
    "test",
    "test schedule_plugin",
    "test wal_plugin",
    "update",
    "update database",
    "update trigger",
};

bool IsElsewhere(std::string_view command) {
  return std::find(std::begin(kElsewhere), std::end(kElsewhere), command) != std::end(kElsewhere);
}

// The commands whose first word may have been meant by `word`.
std::vector<std::string> NamesNear(const std::string& word, const std::vector<std::string>& names) {
  std::vector<std::string> near;
  for (const std::string& name : names) {
    if (NearestName(word, {name.substr(0, name.find(' '))})) near.push_back(name);
  }
  return near;
}

}  // namespace

Error UnknownCommand(const std::string& program, const std::vector<std::string>& words,
                     const std::vector<std::string>& names) {
  const std::string& first = words[0];
  const bool has_second = words.size() > 1 && !words[1].starts_with('-');
  const std::string both = has_second ? first + " " + words[1] : first;
  for (const std::string& command : {both, first}) {
    if (IsElsewhere(command))
      return InvalidError(
          fmt::format("'{}' is not there yet, see '{} --help' for what is", command, program));
  }
  // "create tigger" is compared whole; a misspelt "wirte 'cpu f=1'" by its first word.
  const auto near = NamesNear(first, names);
  for (const std::string& command : {both, first}) {
    if (const auto nearest = NearestName(command, near))
      return InvalidError(
          fmt::format("unknown command '{}', did you mean '{}'?", Shown(command), *nearest));
  }
  if (near.empty())
    return InvalidError(
        fmt::format("unknown command '{}', see '{} --help'", Shown(first), program));
  return InvalidError(
      fmt::format("unknown command '{}', expected {}", Shown(both), JoinWithOr(near)));
}

}  // namespace tidemill::cli
