// Which log lines are wanted: the text of --log-filter, parsed, and the question asked of it.
//
// Pure. The filter in use is kept by log.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"

namespace tidemill {

class LogFilter {
 public:
  static Result<LogFilter> Parse(std::string_view text);

  // The least severe level that is wanted of `module`.
  LogLevel LevelOf(std::string_view module) const;
  // The least severe level that is wanted of any module: for a quick no.
  LogLevel LeastLevel() const;

 private:
  struct Entry {
    std::string module;  // empty: every module
    LogLevel level = LogLevel::kInfo;
  };
  std::vector<Entry> entries_;
};

}  // namespace tidemill
