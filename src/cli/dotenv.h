// Variables from a file `.env`: what the process environment does not set.
//
// Lines are NAME=VALUE, with or without "export", the value bare or in quotes; '#' begins a
// comment. Anything else is passed over: the file belongs to other programs too.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "cli/context.h"

namespace tidemill::cli {

class DotEnv {
 public:
  static DotEnv Parse(std::string_view text);
  // The nearest `.env` in the working directory or above it; empty when there is none.
  static DotEnv FindFromWorkingDirectory();

  std::optional<std::string> Get(const std::string& name) const;

 private:
  std::map<std::string, std::string> values_;
};

// The variables of this process, then those of the nearest `.env`.
Environment MakeEnvironment();

}  // namespace tidemill::cli
