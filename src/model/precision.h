// The unit of line-protocol timestamps, and how a number becomes a point of time.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/timestamp.h"

namespace tidemill::model {

enum class Precision { kAuto, kSecond, kMillisecond, kMicrosecond, kNanosecond };

// auto; second, s; millisecond, ms; microsecond, us, u; nanosecond, ns, n. Lower case only.
std::optional<Precision> ParsePrecision(std::string_view text);

// nullopt: outside the 64-bit range of nanoseconds. kAuto decides by size:
// |t|/1e9 below 5 = seconds, below 5e3 = ms, below 5e6 = us, else ns.
std::optional<Timestamp> ToTimestamp(std::int64_t value, Precision precision);

// `now` cut to the unit (whole for kAuto and kNanosecond): the time of lines that carry none.
Timestamp TruncateTo(Timestamp now, Precision precision);

}  // namespace tidemill::model
