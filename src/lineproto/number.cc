#include "lineproto/number.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <limits>

#include <fast_float/fast_float.h>

namespace tidemill::lineproto {
namespace {

using model::DataType;

bool IsDigit(const char* at, const char* end) {
  return at != end && static_cast<unsigned char>(*at - '0') < 10;
}

// A run of digits and its value; `overflows` is exact.
struct Digits {
  std::uint64_t value = 0;
  const char* next = nullptr;
  std::size_t count = 0;
  bool overflows = false;
};

constexpr std::size_t kDigitsThatFit = 19;  // of any value

constexpr std::uint64_t kWholePowersOfTen[] = {1,       10,        100,        1'000,      10'000,
                                               100'000, 1'000'000, 10'000'000, 100'000'000};

// Eight bytes of text minus '0' each, the first one lowest: how many of them, from the first on,
// are digits.
std::size_t CountDigits(std::uint64_t block) {
  const std::uint64_t above_nine =
      (((block & 0x7f7f7f7f7f7f7f7f) + 0x7676767676767676) | block) & 0x8080808080808080;
  return above_nine == 0 ? 8 : static_cast<std::size_t>(__builtin_ctzll(above_nine)) / 8;
}

// The value of eight digits: pairs, then fours, then all, each step one multiplication.
std::uint64_t ValueOfEightDigits(std::uint64_t block) {
  block = block * 10 + (block >> 8);
  return ((block & 0x000000ff000000ff) * (100 + (1'000'000ULL << 32)) +
          ((block >> 16) & 0x000000ff000000ff) * (1 + (10'000ULL << 32))) >>
         32;
}

Digits ContinueOneByOne(Digits digits, const char* end) {
  for (; IsDigit(digits.next, end); ++digits.next, ++digits.count) {
    const auto digit = static_cast<std::uint64_t>(*digits.next - '0');
    digits.overflows = digits.overflows ||
                       __builtin_mul_overflow(digits.value, 10U, &digits.value) ||
                       __builtin_add_overflow(digits.value, digit, &digits.value);
  }
  return digits;
}

// Reads on where `digits` ends. Up to eight digits take the same steps however many they are, so
// nothing has to be predicted.
inline Digits Continue(Digits digits, const char* end) {
  while (end - digits.next >= 8) {
    std::uint64_t block = 0;
    std::memcpy(&block, digits.next, sizeof block);
    block ^= 0x3030303030303030;
    const std::size_t count = CountDigits(block);
    if (count == 0) return digits;
    if (digits.count + count > kDigitsThatFit) break;
    // Leading zeros come in from below.
    digits.value =
        digits.value * kWholePowersOfTen[count] + ValueOfEightDigits(block << (64 - 8 * count));
    digits.next += count;
    digits.count += count;
    if (count < 8) return digits;
  }
  return ContinueOneByOne(digits, end);
}

inline Digits ReadDigits(const char* at, const char* end) {
  return Continue({.value = 0, .next = at, .count = 0, .overflows = false}, end);
}

// False: it does not fit.
bool ApplySign(const Digits& digits, bool negative, std::int64_t& out) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (digits.overflows || digits.value > kMax + (negative ? 1 : 0)) return false;
  out = static_cast<std::int64_t>(negative ? 0 - digits.value : digits.value);
  return true;
}

// Powers of ten up to here are exact doubles, so one division of an exact number is rounded once.
constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::uint64_t kExactDoubleMax = std::uint64_t{1} << 53;

Number FloatFrom(double value, const char* next) {
  return {.type = DataType::kFloat64,
          .word = std::bit_cast<std::uint64_t>(value),
          .next = next,
          .is_out_of_range = !std::isfinite(value)};
}

// Behind the exponent of a float, or `at` when there is none.
const char* SkipExponent(const char* at, const char* end) {
  if (at == end || (*at != 'e' && *at != 'E')) return at;
  const char* digits = at + 1;
  if (digits != end && (*digits == '+' || *digits == '-')) ++digits;
  if (!IsDigit(digits, end)) return at;
  while (IsDigit(digits, end)) ++digits;
  return digits;
}

// `whole`: the digits before the point, which begin at `begin` (behind the sign).
Number ParseFloat(bool negative, const char* begin, const Digits& whole, const char* end) {
  Digits all = whole;
  const char* const point = whole.next;
  if (point != end && *point == '.' && IsDigit(point + 1, end)) {
    // The value goes on as if the point were not there.
    all.next = point + 1;
    all = Continue(all, end);
  }
  const char* const next = SkipExponent(all.next, end);
  const std::size_t fraction_digits = all.count - whole.count;
  if (next == all.next && !all.overflows && all.value <= kExactDoubleMax &&
      fraction_digits < std::size(kPowersOfTen)) {
    const double value = static_cast<double>(all.value) / kPowersOfTen[fraction_digits];
    return FloatFrom(negative ? -value : value, next);
  }
  double value = 0;
  fast_float::from_chars(begin, next, value);
  return FloatFrom(negative ? -value : value, next);
}

}  // namespace

Number ParseNumber(const char* at, const char* end) {
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  const Digits digits = ReadDigits(at, end);
  if (digits.next == at) return {};
  if (digits.next != end && *digits.next == 'i') {
    std::int64_t value = 0;
    const bool fits = ApplySign(digits, negative, value);
    return {.type = DataType::kInt64,
            .word = static_cast<std::uint64_t>(value),
            .next = digits.next + 1,
            .is_out_of_range = !fits};
  }
  if (digits.next != end && *digits.next == 'u' && !negative) {
    return {.type = DataType::kUInt64,
            .word = digits.value,
            .next = digits.next + 1,
            .is_out_of_range = digits.overflows};
  }
  return ParseFloat(negative, at, digits, end);
}

Integer ParseInteger(const char* at, const char* end) {
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  const Digits digits = ReadDigits(at, end);
  if (digits.next == at) return {};
  Integer integer{.value = 0, .next = digits.next};
  integer.is_out_of_range = !ApplySign(digits, negative, integer.value);
  return integer;
}

}  // namespace tidemill::lineproto
