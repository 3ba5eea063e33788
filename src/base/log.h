// The server's log: one line per event, with level, module and text.
//
//   Log(LogLevel::kInfo, "wal", "segment {} opened, {} bytes", name, size);
//
// The one global of the program, set up once by app/serve.cc. Never logged: tokens, bodies.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemill {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError, kOff };

// A filter as the existing product's: "info", "warn,wal=debug", "info,engine=trace". The last
// matching entry wins; a module is named by its folder, and "a::b" is part of "a". What nobody
// asked for is kInfo. Error: kInvalid naming the bad entry, and the filter stays as it was.
Status SetLogFilter(std::string_view filter);

enum class LogFormat { kFull, kJson, kLogfmt };
// "full", "json", "logfmt", and "pretty", which is "full" here. Error: kInvalid naming these.
Result<LogFormat> ParseLogFormat(std::string_view name);
void SetLogFormat(LogFormat format);

bool LogEnabled(LogLevel level, std::string_view module);
void LogText(LogLevel level, std::string_view module, std::string_view text);

template <typename... Args>
void Log(LogLevel level, std::string_view module, fmt::format_string<Args...> format,
         Args&&... args) {
  if (LogEnabled(level, module))
    LogText(level, module, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace tidemill
