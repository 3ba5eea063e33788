// One event of the log as one line of text, in each of the formats.
#pragma once

#include <string>
#include <string_view>

#include "base/log.h"
#include "base/timestamp.h"

namespace tidemill {

struct LogEvent {
  Timestamp time = {};
  LogLevel level = LogLevel::kInfo;
  std::string_view module = {};
  std::string_view text = {};
};

// Without the line feed at the end. Control characters in the text are escaped, so that what a
// client sent cannot look like a line of its own.
//
//   kFull    2026-11-22T10:20:54.123456Z  INFO wal: segment 7 opened
//   kJson    {"timestamp":"…","level":"INFO","target":"wal","message":"segment 7 opened"}
//   kLogfmt  time=… level=info target=wal msg="segment 7 opened"
std::string FormatLogLine(const LogEvent& event, LogFormat format);

}  // namespace tidemill
