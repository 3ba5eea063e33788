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

// A run of digits and its value. Up to 19 digits always fit; beyond, `overflows` is exact.
struct Digits {
  std::uint64_t value = 0;
  const char* next = nullptr;
  bool overflows = false;
};

// Eight digits at once: pairs, then fours, then all, each step one multiplication.
bool AreEightDigits(std::uint64_t block) {
  return ((block & 0xf0f0f0f0f0f0f0f0) |
          (((block + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) == 0x3333333333333333;
}
std::uint64_t ValueOfEightDigits(std::uint64_t block) {
  block -= 0x3030303030303030;
  block = block * 10 + (block >> 8);
  return ((block & 0x000000ff000000ff) * (100 + (1'000'000ULL << 32)) +
          ((block >> 16) & 0x000000ff000000ff) * (1 + (10'000ULL << 32))) >>
         32;
}

Digits ContinueDigits(Digits digits, const char* begin, const char* end) {
  const char* at = digits.next;
  for (; IsDigit(at, end); ++at) {
    const auto digit = static_cast<std::uint64_t>(*at - '0');
    if (at - begin < 19) {
      digits.value = digits.value * 10 + digit;
    } else {
      digits.overflows = digits.overflows ||
                         __builtin_mul_overflow(digits.value, 10U, &digits.value) ||
                         __builtin_add_overflow(digits.value, digit, &digits.value);
    }
  }
  digits.next = at;
  return digits;
}

Digits ReadDigits(const char* at, const char* end) {
  return ContinueDigits({.value = 0, .next = at}, at, end);
}

Digits ReadManyDigits(const char* at, const char* end) {
  Digits digits{.value = 0, .next = at};
  for (int block_count = 0; block_count < 2 && end - digits.next >= 8; ++block_count) {
    std::uint64_t block = 0;
    std::memcpy(&block, digits.next, sizeof block);
    if (!AreEightDigits(block)) break;
    digits.value = digits.value * 100'000'000 + ValueOfEightDigits(block);
    digits.next += 8;
  }
  return ContinueDigits(digits, at, end);
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
    all = ContinueDigits(all, begin + 1, end);
  }
  const char* const next = SkipExponent(all.next, end);
  const std::size_t fraction_digits =
      all.next == point ? 0 : static_cast<std::size_t>(all.next - point - 1);
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
  const Digits digits = ReadManyDigits(at, end);
  if (digits.next == at) return {};
  Integer integer{.value = 0, .next = digits.next};
  integer.is_out_of_range = !ApplySign(digits, negative, integer.value);
  return integer;
}

}  // namespace tidemill::lineproto
