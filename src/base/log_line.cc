#include "base/log_line.h"

#include <fmt/format.h>

#include <iterator>

#include "base/strings.h"

namespace tidemill {
namespace {

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace: return "TRACE";
    case LogLevel::kDebug: return "DEBUG";
    case LogLevel::kInfo: return "INFO";
    case LogLevel::kWarn: return "WARN";
    case LogLevel::kError: return "ERROR";
    case LogLevel::kOff: return "OFF";
  }
  return "INFO";
}

// Always microseconds, so that lines stand in columns.
std::string TimeText(Timestamp time) {
  const CivilTime civil = ToCivil(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", civil.year, civil.month,
                     civil.day, civil.hour, civil.minute, civil.second, civil.nanosecond / 1'000);
}

// Control characters, and bytes that are not UTF-8, as JSON writes them; with `quotes`, quotes and
// backslashes too.
std::string Escape(std::string_view text, bool quotes) {
  const bool is_utf8 = IsValidUtf8(text);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f || (byte > 0x7f && !is_utf8)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(byte));
    } else {
      if (quotes && (c == '"' || c == '\\')) out.push_back('\\');
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

std::string FormatLogLine(const LogEvent& event, LogFormat format) {
  const std::string time = TimeText(event.time);
  const std::string_view level = LevelName(event.level);
  switch (format) {
    case LogFormat::kFull:
      return fmt::format("{} {:>5} {}: {}", time, level, event.module, Escape(event.text, false));
    case LogFormat::kJson:
      return fmt::format(R"({{"timestamp":"{}","level":"{}","target":"{}","message":"{}"}})", time,
                         level, Escape(event.module, true), Escape(event.text, true));
    case LogFormat::kLogfmt:
      return fmt::format(R"(time={} level={} target={} msg="{}")", time, ToLowerAscii(level),
                         Escape(event.module, true), Escape(event.text, true));
  }
  return {};
}

}  // namespace tidemill
