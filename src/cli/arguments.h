// The flags and positional arguments of one command: declared once, parsed and shown as help.
//
// A flag may be written --name VALUE, --name=VALUE, -n VALUE, -nVALUE or -n=VALUE, anywhere on the
// line; "--" ends the flags. What the line does not say may come from an environment variable.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/context.h"

namespace tidemill::cli {

// Takes a value; the error says what would be right ("expected pretty, json or csv").
using Setter = std::function<Status(const std::string& value)>;

Setter Text(std::string& into);
Setter Text(std::optional<std::string>& into);
Setter Switch(bool& into);
Setter Number(std::size_t& into, std::size_t min);
Setter Choice(std::string& into, std::vector<std::string> choices);

struct Flag {
  std::string name;  // "database" for --database
  char letter = 0;   // 'd' for -d
  std::string environment = {};
  std::string placeholder = {};  // empty: a switch, without a value
  std::string help = {};
  bool is_required = false;  // and not empty
  bool is_repeatable = false;
  bool is_path = false;  // any bytes; everything else is UTF-8
  Setter set = {};
};

struct Positional {
  std::string placeholder;
  std::string help = {};
  bool is_required = true;  // and not empty
  Setter set = {};
};

// A flag that people know from elsewhere. Not in the help; who gives it learns what to do instead.
struct Unsupported {
  std::string name;
  std::string advice;
};

class Arguments {
 public:
  void Add(Flag flag) { flags_.push_back(std::move(flag)); }
  void Add(Positional positional) { positionals_.push_back(std::move(positional)); }
  void Add(Unsupported unsupported) { unsupported_.push_back(std::move(unsupported)); }

  // False: help was asked for (-h, --help, --help-all), and nothing else is checked. Error:
  // kInvalid, one sentence.
  Result<bool> Parse(const std::vector<std::string>& words, const Environment& environment);

  std::string Usage() const;  // "--database <DATABASE> [OPTIONS] <TRIGGER_NAME>"
  std::string Help() const;   // a table of arguments and options, lines end in '\n'

 private:
  struct Given {
    const Flag* flag;
    std::optional<std::string> value;
  };
  const Flag* FindLong(std::string_view name) const;
  const Flag* FindShort(char letter) const;
  Result<Given> ReadFlag(std::string_view word) const;
  Error UnknownFlag(std::string_view name) const;
  Status Take(const Flag& flag, const std::string& value);
  Status TakePositional(const std::string& word);
  Status TakeEnvironment(const Environment& environment);
  Status CheckRequired() const;

  std::vector<Flag> flags_;
  std::vector<Positional> positionals_;
  std::vector<Unsupported> unsupported_;
  std::vector<const Flag*> taken_;
  std::size_t positionals_taken_ = 0;
};

}  // namespace tidemill::cli
