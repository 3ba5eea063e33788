#include "app/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/shown.h"

namespace tidemill::app {
namespace {

using cli::Shown;

std::string Help() {
  std::string text =
      "Run the server\n\nUsage: tidemill serve [OPTIONS]\n\nWith no --node-id this is the quick "
      "start: node id <hostname>-node,\n"
      "object store file, data directory ~/.influxdb.\n\nOptions:\n";
  for (const ServeFlag& flag : ServeFlags()) {
    text += "  " + flag.name + (flag.placeholder.empty() ? "" : " <" + flag.placeholder + ">") +
            "\n          " + flag.help;
    if (!flag.placeholder.empty()) text += " [default: " + flag.default_text + "]";
    text += " [env: " + flag.environment.front() + "]\n";
  }
  return text + "  -h, --help\n          Show this help\n";
}

bool IsHelp(std::string_view word) {
  return word == "-h" || word == "--help" || word == "--help-all";
}

const ServeFlag* FindFlag(std::string_view name) {
  for (const ServeFlag& flag : ServeFlags()) {
    if (flag.name == name) return &flag;
    if (std::find(flag.aliases.begin(), flag.aliases.end(), name) != flag.aliases.end())
      return &flag;
  }
  return nullptr;
}

Error UnknownFlag(const std::string& name) {
  if (!name.starts_with('-') || name == "-" || name == "--") {
    return InvalidError(
        fmt::format("unexpected argument '{}', see tidemill serve --help", Shown(name)));
  }
  if (IsServeFlagElsewhere(name))
    return InvalidError(fmt::format("flag '{}' is not there yet: leave it out", Shown(name)));
  std::vector<std::string> names;
  for (const ServeFlag& flag : ServeFlags()) names.push_back(flag.name);
  const auto nearest = NearestName(ToLowerAscii(name), names);
  return InvalidError(fmt::format(
      "unknown flag '{}', {}", Shown(name),
      nearest ? "did you mean '" + *nearest + "'?" : std::string("see tidemill serve --help")));
}

Status TakeEnvironment(const Environment& environment, ServeOptions& options) {
  for (const ServeFlag& flag : ServeFlags()) {
    for (const std::string& variable : flag.environment) {
      const auto value = environment(variable);
      if (!value || value->empty()) continue;
      if (auto set = flag.set(options, *value); !set.ok())
        return std::move(set).error().Within("environment variable " + variable);
      break;
    }
  }
  return Ok();
}

// "--name=value" in its two parts.
struct Given {
  std::string name;
  std::optional<std::string> value;
};

Given SplitAtEquals(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (!word.starts_with("--") || equals == std::string::npos) return {word, std::nullopt};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

Status TakeArguments(const std::vector<std::string>& arguments, ServeOptions& options) {
  std::vector<const ServeFlag*> taken;
  for (auto word = arguments.begin(); word != arguments.end(); ++word) {
    Given given = SplitAtEquals(*word);
    const ServeFlag* flag = FindFlag(given.name);
    if (flag == nullptr) return UnknownFlag(given.name);
    if (std::find(taken.begin(), taken.end(), flag) != taken.end())
      return InvalidError(flag->name + " is given twice");
    taken.push_back(flag);
    if (!given.value && !flag->placeholder.empty()) {
      // A flag in the place of a value: the value was forgotten.
      if (word + 1 == arguments.end() || FindFlag(SplitAtEquals(word[1]).name) != nullptr) {
        return InvalidError(
            fmt::format("{0} needs a value: {0} <{1}>", flag->name, flag->placeholder));
      }
      given.value = *++word;
    }
    if (auto set = flag->set(options, given.value.value_or("true")); !set.ok())
      return std::move(set).error().Within(flag->name);
  }
  return Ok();
}

}  // namespace

Result<std::optional<ServeOptions>> ParseServeOptions(const std::vector<std::string>& arguments,
                                                      const Environment& environment,
                                                      std::string& help) {
  if (std::any_of(arguments.begin(), arguments.end(), IsHelp)) {
    help = Help();
    return std::optional<ServeOptions>();
  }
  ServeOptions options;
  TRY(TakeEnvironment(environment, options));
  TRY(TakeArguments(arguments, options));
  return std::optional<ServeOptions>(std::move(options));
}

}  // namespace tidemill::app
