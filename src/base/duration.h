// Durations as people write them: "10s", "1h 30m", "2weeks", "1month".
//
// Grammar of the humantime format (reference: server.md 6.4, processing-engine.md 1.2): one or more
// <integer><unit>, summed, blanks allowed between; bare "0" is zero. Month = 30.44 d, year = 365.25
// d.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemill {

// Error: kInvalid "duration '5x': unknown unit 'x', expected ns, us, ms, s, m, h, d, w, M or y".
Result<std::chrono::nanoseconds> ParseDuration(std::string_view text);

// The shortest exact form: "5m", "1m 30s", "7days", "1month", "100ms", "0s".
std::string PrintDuration(std::chrono::nanoseconds duration);

// For logs: "12ms 345us 678ns" (every non-zero part).
std::string PrintDurationExact(std::chrono::nanoseconds duration);

}  // namespace tidemill
