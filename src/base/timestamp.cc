#include "base/timestamp.h"

#include <fmt/format.h>

#include <array>

namespace tidemill {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

__extension__ typedef __int128 Wide;  // sums of fields pass through values outside of int64

std::int64_t FloorDivide(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

Wide CivilNanos(const CivilTime& civil) {
  using namespace std::chrono;  // NOLINT: the calendar's names are long
  const sys_days day = year_month_day(year(civil.year), month(static_cast<unsigned>(civil.month)),
                                      std::chrono::day(static_cast<unsigned>(civil.day)));
  const Wide seconds = Wide{day.time_since_epoch().count()} * kSecondsPerDay + civil.hour * 3600 +
                       civil.minute * 60 + civil.second;
  return seconds * kNanosPerSecond + civil.nanosecond;
}

bool FitsInt64(Wide nanos) {
  return nanos >= Timestamp::Min().nanos() && nanos <= Timestamp::Max().nanos();
}

// The text of a timestamp, read from left to right; each step says whether it matched.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  bool AtEnd() const { return rest_.empty(); }
  bool Skip(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool SkipAnyOf(std::string_view chars) {
    if (rest_.empty() || chars.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Exactly `digits` digits, with a value from `low` to `high`.
  bool Number(std::size_t digits, int low, int high, int& value) {
    if (rest_.size() < digits) return false;
    value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return false;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value >= low && value <= high;
  }
  // 1 to 9 digits after the point.
  bool Fraction(int& nanosecond) {
    int digits = 0;
    nanosecond = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      if (++digits > 9) return false;
      nanosecond = nanosecond * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    if (digits == 0) return false;
    for (; digits < 9; ++digits) nanosecond *= 10;
    return true;
  }

 private:
  std::string_view rest_;
};

bool ScanDate(Scanner& scan, CivilTime& civil) {
  if (!scan.Number(4, 0, 9999, civil.year) || !scan.Skip('-') ||
      !scan.Number(2, 1, 12, civil.month) || !scan.Skip('-') || !scan.Number(2, 1, 31, civil.day))
    return false;
  return std::chrono::year_month_day(std::chrono::year(civil.year),
                                     std::chrono::month(static_cast<unsigned>(civil.month)),
                                     std::chrono::day(static_cast<unsigned>(civil.day)))
      .ok();
}

bool ScanClock(Scanner& scan, CivilTime& civil) {
  if (!scan.Number(2, 0, 23, civil.hour) || !scan.Skip(':') ||
      !scan.Number(2, 0, 59, civil.minute) || !scan.Skip(':') ||
      !scan.Number(2, 0, 59, civil.second))
    return false;
  return !scan.Skip('.') || scan.Fraction(civil.nanosecond);
}

// "", "Z", "+hh:mm", "+hhmm" or "+hh".
bool ScanZone(Scanner& scan, int& offset_seconds) {
  offset_seconds = 0;
  if (scan.AtEnd() || scan.SkipAnyOf("Zz")) return true;
  const bool is_west = scan.Skip('-');
  if (!is_west && !scan.Skip('+')) return false;
  int hours = 0;
  int minutes = 0;
  if (!scan.Number(2, 0, 23, hours)) return false;
  if (!scan.AtEnd()) {
    scan.Skip(':');
    if (!scan.Number(2, 0, 59, minutes)) return false;
  }
  offset_seconds = (hours * 3600 + minutes * 60) * (is_west ? -1 : 1);
  return true;
}

}  // namespace

std::string PrintTimestamp(Timestamp time) {
  const CivilTime civil = ToCivil(time);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", civil.year, civil.month,
                                civil.day, civil.hour, civil.minute, civil.second);
  if (civil.nanosecond == 0) return out;
  if (civil.nanosecond % 1'000'000 == 0)
    return out + fmt::format(".{:03}", civil.nanosecond / 1'000'000);
  if (civil.nanosecond % 1'000 == 0) return out + fmt::format(".{:06}", civil.nanosecond / 1'000);
  return out + fmt::format(".{:09}", civil.nanosecond);
}

std::string PrintTimestampUtc(Timestamp time) { return PrintTimestamp(time) + "Z"; }

Result<Timestamp> ParseTimestamp(std::string_view text) {
  Scanner scan(text);
  CivilTime civil;
  int offset_seconds = 0;
  bool ok = ScanDate(scan, civil);
  if (ok && !scan.AtEnd())
    ok = scan.SkipAnyOf("Tt ") && ScanClock(scan, civil) && ScanZone(scan, offset_seconds);
  if (!ok || !scan.AtEnd())
    return InvalidError(fmt::format(
        "timestamp '{}': expected a date and a time such as 2026-11-22T10:20:54.123Z", text));

  const Wide nanos = CivilNanos(civil) - Wide{offset_seconds} * kNanosPerSecond;
  if (!FitsInt64(nanos))
    return InvalidError(fmt::format("timestamp '{}': out of range, expected {} to {}", text,
                                    PrintTimestampUtc(Timestamp::Min()),
                                    PrintTimestampUtc(Timestamp::Max())));
  return Timestamp(static_cast<std::int64_t>(nanos));
}

CivilTime ToCivil(Timestamp time) {
  using namespace std::chrono;  // NOLINT: the calendar's names are long
  const std::int64_t seconds = FloorDivide(time.nanos(), kNanosPerSecond);
  const std::int64_t day_number = FloorDivide(seconds, kSecondsPerDay);
  const int second_of_day = static_cast<int>(seconds - day_number * kSecondsPerDay);
  const sys_days point{days{static_cast<int>(day_number)}};
  const year_month_day date{point};
  CivilTime civil;
  civil.year = static_cast<int>(date.year());
  civil.month = static_cast<int>(static_cast<unsigned>(date.month()));
  civil.day = static_cast<int>(static_cast<unsigned>(date.day()));
  civil.hour = second_of_day / 3600;
  civil.minute = second_of_day / 60 % 60;
  civil.second = second_of_day % 60;
  // Subtracting whole seconds as a product would overflow next to the lower end of the range.
  const std::int64_t remainder = time.nanos() % kNanosPerSecond;
  civil.nanosecond = static_cast<int>(remainder < 0 ? remainder + kNanosPerSecond : remainder);
  civil.weekday = static_cast<int>(weekday(point).c_encoding());
  return civil;
}

Timestamp FromCivil(const CivilTime& civil) {
  const Wide nanos = CivilNanos(civil);
  if (FitsInt64(nanos)) return Timestamp(static_cast<std::int64_t>(nanos));
  return nanos < 0 ? Timestamp::Min() : Timestamp::Max();
}

}  // namespace tidemill
