#include "cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/shown.h"

namespace tidemill::cli {
namespace {

// Server and client speak JSON, in which other bytes than UTF-8 would silently become others.
Status CheckValue(std::string_view value, bool is_required, bool is_path) {
  if (is_required && value.empty()) return InvalidError("it is empty");
  if (!is_path && !IsValidUtf8(value)) return InvalidError("it is not UTF-8 text");
  return Ok();
}

bool IsHelp(std::string_view word) {
  return word == "-h" || word == "--help" || word == "--help-all";
}

std::string LeftColumn(const Flag& flag) {
  std::string out = flag.letter ? fmt::format("-{}, ", flag.letter) : "    ";
  out += "--" + flag.name;
  if (!flag.placeholder.empty()) out += " <" + flag.placeholder + ">";
  return out;
}

void AppendRow(std::string& out, std::string_view left, std::string_view right) {
  constexpr std::size_t kLeftColumns = 34;
  if (left.size() + 2 > kLeftColumns) {
    out += fmt::format("  {}\n  {:<{}}{}\n", left, "", kLeftColumns, right);
  } else {
    out += fmt::format("  {:<{}}{}\n", left, kLeftColumns, right);
  }
}

}  // namespace

Setter Text(std::string& into) {
  return [&into](const std::string& value) {
    into = value;
    return Ok();
  };
}

Setter Text(std::optional<std::string>& into) {
  return [&into](const std::string& value) {
    into = value;
    return Ok();
  };
}

Setter Switch(bool& into) {
  // A value comes from the environment only; the switch itself on the line means "true".
  return [&into](const std::string& value) -> Status {
    const std::string lower = ToLowerAscii(value);
    if (lower == "true" || lower == "1" || lower == "yes") {
      into = true;
    } else if (lower == "false" || lower == "0" || lower == "no") {
      into = false;
    } else {
      return InvalidError("expected true or false");
    }
    return Ok();
  };
}

Setter Number(std::size_t& into, std::size_t min) {
  return [&into, min](const std::string& value) -> Status {
    std::size_t number = 0;
    const char* const end = value.data() + value.size();
    const auto parsed = std::from_chars(value.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end || number < min) {
      return InvalidError(fmt::format("expected a whole number of at least {}", min));
    }
    into = number;
    return Ok();
  };
}

Setter Choice(std::string& into, std::vector<std::string> choices) {
  return [&into, choices = std::move(choices)](const std::string& value) -> Status {
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
      return InvalidError("expected " + JoinWithOr(choices));
    }
    into = value;
    return Ok();
  };
}

Result<bool> Arguments::Parse(const std::vector<std::string>& words,
                              const Environment& environment) {
  const auto end_of_flags = std::find(words.begin(), words.end(), "--");
  if (std::any_of(words.begin(), end_of_flags, IsHelp)) return false;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (word == end_of_flags) continue;
    if (word > end_of_flags || word->size() < 2 || word->front() != '-') {
      TRY(TakePositional(*word));
      continue;
    }
    TRY_ASSIGN(Given given, ReadFlag(*word));
    if (!given.flag->placeholder.empty() && !given.value) {
      if (word + 1 == words.end() || word + 1 == end_of_flags) {
        return InvalidError(fmt::format("--{} needs a value: --{} <{}>", given.flag->name,
                                        given.flag->name, given.flag->placeholder));
      }
      given.value = *++word;
    }
    TRY(Take(*given.flag, given.value.value_or("true")));
  }
  TRY(TakeEnvironment(environment));
  TRY(CheckRequired());
  return true;
}

const Flag* Arguments::FindLong(std::string_view name) const {
  const auto found =
      std::find_if(flags_.begin(), flags_.end(), [&](const Flag& f) { return f.name == name; });
  return found == flags_.end() ? nullptr : &*found;
}

const Flag* Arguments::FindShort(char letter) const {
  const auto found =
      std::find_if(flags_.begin(), flags_.end(), [&](const Flag& f) { return f.letter == letter; });
  return found == flags_.end() ? nullptr : &*found;
}

// One word that begins with '-': which flag, and the value if it stands in the same word.
Result<Arguments::Given> Arguments::ReadFlag(std::string_view word) const {
  Given given{nullptr, std::nullopt};
  if (word.starts_with("--")) {
    const std::string_view name = word.substr(2, word.find('=') - 2);
    given.flag = FindLong(name);
    if (given.flag == nullptr) return UnknownFlag(name);
    if (word.find('=') != std::string_view::npos) given.value = word.substr(word.find('=') + 1);
  } else {
    given.flag = FindShort(word[1]);
    if (given.flag == nullptr) return UnknownFlag(word.substr(1, 1));
    std::string_view rest = word.substr(2);
    if (rest.starts_with('=')) rest.remove_prefix(1);
    if (word.size() > 2) given.value = rest;
  }
  if (given.flag->placeholder.empty() && given.value) {
    return InvalidError(fmt::format("--{} takes no value", given.flag->name));
  }
  return given;
}

Error Arguments::UnknownFlag(std::string_view name) const {
  for (const Unsupported& unsupported : unsupported_) {
    if (unsupported.name == name)
      return InvalidError(
          fmt::format("--{} is not there yet: {}", unsupported.name, unsupported.advice));
  }
  const bool is_letter = name.size() == 1;
  std::vector<std::string> names;
  for (const Flag& flag : flags_) names.push_back(flag.name);
  const auto nearest = is_letter ? std::nullopt : NearestName(ToLowerAscii(name), names);
  return InvalidError(
      fmt::format("unknown flag '{}{}'{}", is_letter ? "-" : "--", Shown(name),
                  nearest ? fmt::format(", did you mean '--{}'?", *nearest) : ", see --help"));
}

Status Arguments::Take(const Flag& flag, const std::string& value) {
  if (!flag.is_repeatable && std::find(taken_.begin(), taken_.end(), &flag) != taken_.end()) {
    return InvalidError(fmt::format("--{} is given twice", flag.name));
  }
  taken_.push_back(&flag);
  auto set = CheckValue(value, flag.is_required, flag.is_path);
  if (set.ok()) set = flag.set(value);
  if (set.ok()) return Ok();
  return std::move(set).error().Within(fmt::format("--{} '{}'", flag.name, Shown(value)));
}

Status Arguments::TakePositional(const std::string& word) {
  if (positionals_taken_ == positionals_.size()) {
    return InvalidError(
        fmt::format("unexpected argument '{}'{}", Shown(word),
                    positionals_.empty() ? ", see --help" : ": text with blanks needs quotes"));
  }
  const Positional& positional = positionals_[positionals_taken_++];
  auto set = CheckValue(word, positional.is_required, false);
  if (set.ok()) set = positional.set(word);
  if (set.ok()) return Ok();
  return std::move(set).error().Within(fmt::format("{} '{}'", positional.placeholder, Shown(word)));
}

Status Arguments::TakeEnvironment(const Environment& environment) {
  for (const Flag& flag : flags_) {
    if (flag.environment.empty() || std::find(taken_.begin(), taken_.end(), &flag) != taken_.end())
      continue;
    const auto value = environment(flag.environment);
    if (!value || value->empty()) continue;
    taken_.push_back(&flag);
    auto set = CheckValue(*value, flag.is_required, flag.is_path);
    if (set.ok()) set = flag.set(*value);
    if (!set.ok())
      return std::move(set).error().Within(flag.environment + " '" + Shown(*value) + "'");
  }
  return Ok();
}

Status Arguments::CheckRequired() const {
  for (const Flag& flag : flags_) {
    if (!flag.is_required || std::find(taken_.begin(), taken_.end(), &flag) != taken_.end())
      continue;
    const std::string short_form = flag.letter ? fmt::format("-{}, ", flag.letter) : "";
    const std::string variable =
        flag.environment.empty() ? "" : " (or set " + flag.environment + ")";
    return InvalidError(
        fmt::format("missing {}--{} <{}>{}", short_form, flag.name, flag.placeholder, variable));
  }
  for (std::size_t i = positionals_taken_; i < positionals_.size(); ++i) {
    if (positionals_[i].is_required) {
      std::string what = positionals_[i].help;
      if (!what.empty()) what.replace(0, 1, ": " + ToLowerAscii(what.substr(0, 1)));
      return InvalidError(
          fmt::format("missing argument <{}>{}", positionals_[i].placeholder, what));
    }
  }
  return Ok();
}

std::string Arguments::Usage() const {
  std::string out;
  for (const Flag& flag : flags_) {
    if (flag.is_required) out += fmt::format("--{} <{}> ", flag.name, flag.placeholder);
  }
  out += "[OPTIONS]";
  for (const Positional& positional : positionals_) {
    out += positional.is_required ? " <" + positional.placeholder + ">"
                                  : " [" + positional.placeholder + "]";
  }
  return out;
}

std::string Arguments::Help() const {
  std::string out;
  if (!positionals_.empty()) out += "Arguments:\n";
  for (const Positional& positional : positionals_) {
    AppendRow(out, "<" + positional.placeholder + ">", positional.help);
  }
  if (!positionals_.empty()) out += "\n";
  out += "Options:\n";
  for (const Flag& flag : flags_) {
    const std::string variable =
        flag.environment.empty() ? "" : fmt::format(" [env: {}]", flag.environment);
    AppendRow(out, LeftColumn(flag), flag.help + variable);
  }
  AppendRow(out, "-h, --help", "Show this help");
  return out;
}

}  // namespace tidemill::cli
