#include "plugin_host/output_log.h"

#include <algorithm>

#include "base/log.h"
#include "base/strings.h"

namespace tidemill::plugin_host {
namespace {

// Control characters and broken UTF-8 of a plugin must not reach a terminal that shows the log.
std::string Printable(std::string_view line) {
  const bool is_utf8 = IsValidUtf8(line);
  std::string out;
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = c == '\t' || (byte >= 0x20 && byte != 0x7f && (byte < 0x80 || is_utf8));
    out.push_back(is_plain ? c : '?');
  }
  return out;
}

}  // namespace

void OutputLog::Add(std::string_view bytes, std::chrono::nanoseconds now) {
  tail_.append(bytes);
  if (tail_.size() > 2 * kTailBytesMax) tail_.erase(0, tail_.size() - kTailBytesMax);
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    // What does not fit into a line is cut; the tail and the drop count still tell.
    partial_.append(piece.substr(0, kLineBytesMax - std::min(kLineBytesMax, partial_.size())));
    if (end == std::string_view::npos) return;
    Line(partial_, now);
    partial_.clear();
    bytes.remove_prefix(end + 1);
  }
}

void OutputLog::End(std::chrono::nanoseconds now) {
  if (!partial_.empty()) Line(partial_, now);
  partial_.clear();
}

void OutputLog::Line(std::string_view line, std::chrono::nanoseconds now) {
  if (line.empty()) return;
  if (!TakeToken(now)) {
    ++dropped_;
    ++dropped_total_;
    return;
  }
  if (dropped_ > 0) {
    Log(LogLevel::kWarn, "plugin_host", "{}: {} lines of output were dropped, at most {} a second",
        label_, dropped_, kLinesPerSecond);
    dropped_ = 0;
  }
  Log(LogLevel::kInfo, "plugin_host", "{}: {}", label_, Printable(line));
}

bool OutputLog::TakeToken(std::chrono::nanoseconds now) {
  const double seconds = std::chrono::duration<double>(now - refilled_).count();
  tokens_ = std::min(kLinesAtOnceMax, tokens_ + std::max(0.0, seconds) * kLinesPerSecond);
  refilled_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

}  // namespace tidemill::plugin_host
