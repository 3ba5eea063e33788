// Points of time: nanoseconds since 1970-01-01 UTC in a type of their own, and their text.
//
// A bare int64_t is never a time. Text is RFC 3339 as the SQL dialect and the HTTP API know it.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemill {

using std::chrono::nanoseconds;

class Timestamp {
 public:
  constexpr Timestamp() = default;
  explicit constexpr Timestamp(std::int64_t nanos) : nanos_(nanos) {}
  constexpr std::int64_t nanos() const { return nanos_; }
  auto operator<=>(const Timestamp&) const = default;

  // Saturates at the ends of the range instead of wrapping.
  friend constexpr Timestamp operator+(Timestamp a, nanoseconds d) {
    std::int64_t out = 0;
    if (__builtin_add_overflow(a.nanos_, d.count(), &out)) return d.count() > 0 ? Max() : Min();
    return Timestamp(out);
  }
  friend constexpr Timestamp operator-(Timestamp a, nanoseconds d) {
    std::int64_t out = 0;
    if (__builtin_sub_overflow(a.nanos_, d.count(), &out)) return d.count() > 0 ? Min() : Max();
    return Timestamp(out);
  }
  friend constexpr nanoseconds operator-(Timestamp a, Timestamp b) {
    std::int64_t out = 0;
    if (__builtin_sub_overflow(a.nanos_, b.nanos_, &out))
      return a > b ? nanoseconds::max() : nanoseconds::min();
    return nanoseconds(out);
  }
  static constexpr Timestamp Min() { return Timestamp(std::numeric_limits<std::int64_t>::min()); }
  static constexpr Timestamp Max() { return Timestamp(std::numeric_limits<std::int64_t>::max()); }

 private:
  std::int64_t nanos_ = 0;
};

// "2026-11-22T10:20:54", with .123, .123456 or .123456789 when the fraction is not zero (3, 6 or 9
// digits, as few as keep the value). No zone mark: results of naive timestamps have none.
std::string PrintTimestamp(Timestamp time);
// The same with a "Z".
std::string PrintTimestampUtc(Timestamp time);

// RFC 3339 and its relatives: date alone, 'T' or space, 0 to 9 fractional digits, "Z", "+hh:mm" or
// nothing (= UTC). Error: kInvalid, naming what was expected.
Result<Timestamp> ParseTimestamp(std::string_view text);

// Civil calendar of a point in UTC.
struct CivilTime {
  int year = 1970;
  int month = 1;  // 1..12
  int day = 1;    // 1..31
  int hour = 0;
  int minute = 0;
  int second = 0;
  int nanosecond = 0;
  int weekday = 4;  // 0 = Sunday … 6 = Saturday
};
CivilTime ToCivil(Timestamp time);
// The inverse for fields within their ranges; `weekday` is not read. Saturates at the ends of the
// range.
Timestamp FromCivil(const CivilTime& civil);

}  // namespace tidemill
