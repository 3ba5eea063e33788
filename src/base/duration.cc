#include "base/duration.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <vector>

#include "base/strings.h"

namespace tidemill {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
constexpr std::int64_t kMonth = 2'630'016 * kSecond;  // 30.44 days
constexpr std::int64_t kYear = 31'557'600 * kSecond;  // 365.25 days

struct UnitSpelling {
  std::string_view text;
  std::int64_t nanos;
};
constexpr UnitSpelling kUnitSpellings[] = {
    {"ns", 1},
    {"nsec", 1},
    {"nanos", 1},
    {"us", 1'000},
    {"usec", 1'000},
    {"\u00b5s", 1'000},  // micro sign
    {"\u03bcs", 1'000},  // Greek mu
    {"ms", 1'000'000},
    {"msec", 1'000'000},
    {"millis", 1'000'000},
    {"s", kSecond},
    {"sec", kSecond},
    {"secs", kSecond},
    {"second", kSecond},
    {"seconds", kSecond},
    {"m", 60 * kSecond},
    {"min", 60 * kSecond},
    {"mins", 60 * kSecond},
    {"minute", 60 * kSecond},
    {"minutes", 60 * kSecond},
    {"h", 3600 * kSecond},
    {"hr", 3600 * kSecond},
    {"hrs", 3600 * kSecond},
    {"hour", 3600 * kSecond},
    {"hours", 3600 * kSecond},
    {"d", kDay},
    {"day", kDay},
    {"days", kDay},
    {"w", 7 * kDay},
    {"wk", 7 * kDay},
    {"wks", 7 * kDay},
    {"week", 7 * kDay},
    {"weeks", 7 * kDay},
    {"M", kMonth},
    {"month", kMonth},
    {"months", kMonth},
    {"y", kYear},
    {"yr", kYear},
    {"yrs", kYear},
    {"year", kYear},
    {"years", kYear},
};
constexpr std::string_view kUnitsExpected = "ns, us, ms, s, m, h, d, w, M or y";

const UnitSpelling* FindUnit(std::string_view text) {
  for (const UnitSpelling& unit : kUnitSpellings)
    if (unit.text == text) return &unit;
  return nullptr;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

template <typename Predicate>
std::string_view TakeWhile(std::string_view& rest, Predicate belongs) {
  std::size_t length = 0;
  while (length < rest.size() && belongs(rest[length])) ++length;
  const std::string_view taken = rest.substr(0, length);
  rest.remove_prefix(length);
  return taken;
}

Error Complaint(std::string_view text, std::string_view what) {
  return InvalidError(fmt::format("duration '{}': {}", text, what));
}

// Adds number * unit to `total`; false: more than an int64 of nanoseconds.
bool Accumulate(std::string_view digits, std::int64_t unit_nanos, std::int64_t& total) {
  std::int64_t number = 0;
  for (const char digit : digits)
    if (__builtin_mul_overflow(number, std::int64_t{10}, &number) ||
        __builtin_add_overflow(number, std::int64_t{digit - '0'}, &number))
      return false;
  std::int64_t nanos = 0;
  return !__builtin_mul_overflow(number, unit_nanos, &nanos) &&
         !__builtin_add_overflow(total, nanos, &total);
}

struct PrintedUnit {
  std::int64_t nanos;
  std::string_view one;
  std::string_view many;
};
constexpr PrintedUnit kPrintedUnits[] = {
    {kYear, "year", "years"},   {kMonth, "month", "months"}, {kDay, "day", "days"},
    {3600 * kSecond, "h", "h"}, {60 * kSecond, "m", "m"},    {kSecond, "s", "s"},
    {1'000'000, "ms", "ms"},    {1'000, "us", "us"},         {1, "ns", "ns"},
};
constexpr std::size_t kFromYears = 0;
constexpr std::size_t kFromDays = 2;

// The parts of `nanos`, largest unit first, from the unit at `first` downwards.
std::vector<std::string> Parts(std::uint64_t nanos, std::size_t first) {
  std::vector<std::string> parts;
  for (std::size_t i = first; i < std::size(kPrintedUnits); ++i) {
    const PrintedUnit& unit = kPrintedUnits[i];
    const std::uint64_t count = nanos / static_cast<std::uint64_t>(unit.nanos);
    nanos %= static_cast<std::uint64_t>(unit.nanos);
    if (count != 0) parts.push_back(fmt::format("{}{}", count, count == 1 ? unit.one : unit.many));
  }
  return parts;
}

// Durations come from the grammar above and from clocks, so a negative one is rare; it still reads
// right.
std::string Print(std::chrono::nanoseconds duration, const std::vector<std::string>& parts) {
  if (parts.empty()) return "0s";
  return fmt::format("{}{}", duration.count() < 0 ? "-" : "", fmt::join(parts, " "));
}

std::uint64_t Magnitude(std::chrono::nanoseconds duration) {
  const auto bits = static_cast<std::uint64_t>(duration.count());
  return duration.count() < 0 ? 0 - bits : bits;
}

}  // namespace

Result<std::chrono::nanoseconds> ParseDuration(std::string_view text) {
  std::string_view rest = Trim(text);
  if (rest.empty()) return Complaint(text, "expected a number and a unit, such as 30s or 1h 30m");
  if (rest == "0") return std::chrono::nanoseconds(0);

  std::int64_t total = 0;
  while (!rest.empty()) {
    const std::string_view number = TakeWhile(rest, IsDigit);
    if (number.empty())
      return Complaint(text, fmt::format("expected a whole number at '{}', such as 30s or 1h 30m",
                                         CutUtf8(rest, 16)));
    TakeWhile(rest, IsBlank);
    const std::string_view unit_text =
        TakeWhile(rest, [](char c) { return !IsDigit(c) && !IsBlank(c); });
    if (unit_text.empty())
      return Complaint(text, fmt::format("no unit after {}, expected {}", number, kUnitsExpected));
    const UnitSpelling* unit = FindUnit(unit_text);
    if (unit == nullptr)
      return Complaint(text,
                       fmt::format("unknown unit '{}', expected {}", unit_text, kUnitsExpected));
    if (!Accumulate(number, unit->nanos, total))
      return Complaint(text, "too long, expected at most 292 years");
    TakeWhile(rest, IsBlank);
  }
  return std::chrono::nanoseconds(total);
}

std::string PrintDuration(std::chrono::nanoseconds duration) {
  // A month is 30.44 days, so that 31 days in months is "1month 13h 26m 24s": days are shorter.
  const auto from_years = Parts(Magnitude(duration), kFromYears);
  const auto from_days = Parts(Magnitude(duration), kFromDays);
  return Print(duration, from_days.size() < from_years.size() ? from_days : from_years);
}

std::string PrintDurationExact(std::chrono::nanoseconds duration) {
  return Print(duration, Parts(Magnitude(duration), kFromYears));
}

}  // namespace tidemill
