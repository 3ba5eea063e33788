#include "model/precision.h"

namespace tidemill::model {
namespace {

// Nanoseconds in one unit; kAuto has no unit of its own and counts as nanoseconds.
std::int64_t UnitNanos(Precision precision) {
  switch (precision) {
    case Precision::kSecond: return 1'000'000'000;
    case Precision::kMillisecond: return 1'000'000;
    case Precision::kMicrosecond: return 1'000;
    case Precision::kAuto:
    case Precision::kNanosecond: return 1;
  }
  return 1;
}

Precision GuessBySize(std::int64_t value) {
  // Division truncates toward zero, so the sign can be dropped after it, when nothing overflows.
  const std::int64_t quotient = value / 1'000'000'000;
  const std::int64_t magnitude = quotient < 0 ? -quotient : quotient;
  if (magnitude < 5) return Precision::kSecond;
  if (magnitude < 5'000) return Precision::kMillisecond;
  if (magnitude < 5'000'000) return Precision::kMicrosecond;
  return Precision::kNanosecond;
}

}  // namespace

std::optional<Precision> ParsePrecision(std::string_view text) {
  if (text == "auto") return Precision::kAuto;
  if (text == "second" || text == "s") return Precision::kSecond;
  if (text == "millisecond" || text == "ms") return Precision::kMillisecond;
  if (text == "microsecond" || text == "us" || text == "u") return Precision::kMicrosecond;
  if (text == "nanosecond" || text == "ns" || text == "n") return Precision::kNanosecond;
  return std::nullopt;
}

std::optional<Timestamp> ToTimestamp(std::int64_t value, Precision precision) {
  if (precision == Precision::kAuto) precision = GuessBySize(value);
  std::int64_t nanos = 0;
  if (__builtin_mul_overflow(value, UnitNanos(precision), &nanos)) return std::nullopt;
  return Timestamp(nanos);
}

Timestamp TruncateTo(Timestamp now, Precision precision) {
  const std::int64_t unit = UnitNanos(precision);
  std::int64_t past = now.nanos() % unit;
  if (past < 0) past += unit;  // toward the past on both sides of the epoch
  return now - nanoseconds(past);
}

}  // namespace tidemill::model
