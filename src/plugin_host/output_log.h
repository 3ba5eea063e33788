// What a worker prints, line by line into the server's log, at a bounded rate; and its last lines,
// which say why it died.
//
// Not thread-safe: the loop thread owns it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidemill::plugin_host {

class OutputLog {
 public:
  static constexpr std::size_t kLineBytesMax = 8 << 10;
  static constexpr std::size_t kTailBytesMax = 16 << 10;
  static constexpr double kLinesPerSecond = 100;
  static constexpr double kLinesAtOnceMax = 1000;

  // `label` is put before every line: "trigger 'alert' of database 'd'".
  explicit OutputLog(std::string label) : label_(std::move(label)) {}

  // Bytes as they come, at steady time `now`.
  void Add(std::string_view bytes, std::chrono::nanoseconds now);
  // Whatever is left of an unfinished line.
  void End(std::chrono::nanoseconds now);
  // The newest output, from a line's beginning where that is still known.
  std::string_view tail() const { return tail_; }
  void ForgetTail() { tail_.clear(); }
  std::uint64_t lines_dropped() const { return dropped_total_; }

 private:
  void Line(std::string_view line, std::chrono::nanoseconds now);
  bool TakeToken(std::chrono::nanoseconds now);

  const std::string label_;
  std::string partial_;
  std::string tail_;
  double tokens_ = kLinesAtOnceMax;
  std::chrono::nanoseconds refilled_{0};
  std::uint64_t dropped_ = 0;  // since the last line that was logged
  std::uint64_t dropped_total_ = 0;
};

}  // namespace tidemill::plugin_host
