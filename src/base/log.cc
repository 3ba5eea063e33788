#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/log_filter.h"
#include "base/log_line.h"
#include "base/mutex.h"

namespace tidemill {
namespace {

// The one global of the program. It is never destroyed: threads may log until the very end.
class ServerLog {
 public:
  ServerLog() : out_("tidemill", std::make_shared<spdlog::sinks::stdout_sink_mt>()) {
    out_.set_pattern("%v");
    out_.set_level(spdlog::level::trace);
    out_.flush_on(spdlog::level::trace);  // a line that explains a crash must be out before it
  }

  void SetFilter(LogFilter filter) EXCLUDES_LOCK(mutex_) {
    least_level_ = filter.LeastLevel();
    MutexLock lock(mutex_);
    filter_ = std::make_shared<const LogFilter>(std::move(filter));
  }
  bool Wants(LogLevel level, std::string_view module) const EXCLUDES_LOCK(mutex_) {
    if (level < least_level_ || level == LogLevel::kOff) return false;
    return level >= Filter()->LevelOf(module);
  }
  void SetFormat(LogFormat format) { format_ = format; }
  void Write(const LogEvent& event) {
    out_.log(spdlog::level::info, FormatLogLine(event, format_));
  }

 private:
  std::shared_ptr<const LogFilter> Filter() const EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    return filter_;
  }

  mutable Mutex mutex_;
  std::shared_ptr<const LogFilter> filter_ GUARDED_BY(mutex_) = std::make_shared<LogFilter>();
  std::atomic<LogLevel> least_level_ = LogFilter().LeastLevel();
  std::atomic<LogFormat> format_ = LogFormat::kFull;
  spdlog::logger out_;
};

ServerLog& TheLog() {
  static ServerLog& log = *new ServerLog;
  return log;
}

}  // namespace

Status SetLogFilter(std::string_view filter) {
  Result<LogFilter> parsed = LogFilter::Parse(filter);
  if (!parsed.ok()) return std::move(parsed).error();
  TheLog().SetFilter(std::move(parsed).value());
  return Ok();
}

Result<LogFormat> ParseLogFormat(std::string_view name) {
  if (name == "full" || name == "pretty") return LogFormat::kFull;
  if (name == "json") return LogFormat::kJson;
  if (name == "logfmt") return LogFormat::kLogfmt;
  return InvalidError(fmt::format("log format '{}': expected full, pretty, json or logfmt", name));
}

void SetLogFormat(LogFormat format) { TheLog().SetFormat(format); }

bool LogEnabled(LogLevel level, std::string_view module) { return TheLog().Wants(level, module); }

void LogText(LogLevel level, std::string_view module, std::string_view text) {
  TheLog().Write({.time = SystemClock().Now(), .level = level, .module = module, .text = text});
}

}  // namespace tidemill
