#include "server/format/value_text.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "base/timestamp.h"
#include "server/format/json_text.h"

namespace tidemill::server {
namespace {

using columnar::ValueKind;
using columnar::ValueVector;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

template <typename Number>
void AppendNumber(Number value, std::string& out) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

void AppendPadded(std::int64_t value, int digits, std::string& out) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  for (auto have = end - text; have < digits; ++have) out += '0';
  out.append(text, end);
}

// "HH:MM:SS[.fraction]"
void AppendTimeOfDay(std::int64_t nanos, std::string& out) {
  const std::string full = PrintTimestamp(Timestamp(nanos));
  out.append(full, full.find('T') + 1, std::string::npos);
}

void AppendDate(std::int64_t days, std::string& out) {
  if (std::abs(days) > 106'000) {  // beyond the range of nanoseconds: years 1680 to 2260
    AppendNumber(days, out);
    out += " days";
    return;
  }
  out.append(PrintTimestamp(Timestamp(days * 86'400 * kNanosPerSecond)), 0, 10);
}

// "1 mons 2 days 3 hours 4 mins 5.000000000 secs", the parts that are not zero.
void AppendInterval(std::int64_t months, std::int64_t days, std::int64_t nanos, std::string& out) {
  const std::size_t begin = out.size();
  const auto part = [&](std::int64_t value, std::string_view unit) {
    if (value == 0) return;
    if (out.size() > begin) out += ' ';
    AppendNumber(value, out);
    out += unit;
  };
  part(months, " mons");
  part(days, " days");
  part(nanos / (3600 * kNanosPerSecond), " hours");
  part(nanos / (60 * kNanosPerSecond) % 60, " mins");
  const std::int64_t seconds = nanos % (60 * kNanosPerSecond);
  if (seconds != 0 || out.size() == begin) {
    if (out.size() > begin) out += ' ';
    if (seconds < 0) out += '-';
    AppendNumber(std::abs(seconds) / kNanosPerSecond, out);
    out += '.';
    AppendPadded(std::abs(seconds) % kNanosPerSecond, 9, out);
    out += " secs";
  }
}

void AppendHex(std::string_view bytes, std::string& out) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
}

std::int64_t Signed(const ValueVector& v, std::size_t row) {
  return static_cast<std::int64_t>(v.words[row]);
}
double Float(const ValueVector& v, std::size_t row) { return std::bit_cast<double>(v.words[row]); }

// Values that are text in every format; false for the others.
bool AppendTextual(const ValueVector& v, std::size_t row, std::string& out) {
  switch (v.type.kind) {
    case ValueKind::kTimestamp: out += PrintTimestamp(Timestamp(Signed(v, row))); return true;
    case ValueKind::kTimestampTz: out += PrintTimestampUtc(Timestamp(Signed(v, row))); return true;
    case ValueKind::kDate: AppendDate(Signed(v, row), out); return true;
    case ValueKind::kTime: AppendTimeOfDay(Signed(v, row), out); return true;
    case ValueKind::kInterval:
      AppendInterval(Signed(v, row * 3), Signed(v, row * 3 + 1), Signed(v, row * 3 + 2), out);
      return true;
    case ValueKind::kBinary: AppendHex(v.strings[row], out); return true;
    default: return false;
  }
}

// Lists and structs, with `append` for their elements.
template <typename AppendElement>
void AppendNested(const ValueVector& v, std::size_t row, bool json, AppendElement append,
                  std::string& out) {
  if (v.type.kind == ValueKind::kList) {
    const std::size_t begin = row == 0 ? 0 : v.ends[row - 1];
    out += '[';
    for (std::size_t i = begin; i < v.ends[row]; ++i) {
      if (i > begin) out += json ? "," : ", ";
      append(v.children[0], i, out);
    }
    out += ']';
    return;
  }
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < v.children.size(); ++i) {
    if (json && v.children[i].IsNull(row)) continue;
    if (!first) out += json ? "," : ", ";
    first = false;
    if (json) {
      AppendJsonString(v.type.names[i], out);
      out += ':';
    } else {
      out += v.type.names[i];
      out += ": ";
    }
    append(v.children[i], row, out);
  }
  out += '}';
}

}  // namespace

void AppendFloat(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "inf" : "-inf";
    return;
  }
  char text[32];
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= 1e-5 && size < 1e16);
  const auto end = std::to_chars(text, text + sizeof text, value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  out.append(text, end);
  if (plain && std::string_view(text, end).find('.') == std::string_view::npos) out += ".0";
}

void AppendValueText(const ValueVector& v, std::size_t row, std::string& out) {
  if (v.IsNull(row) || AppendTextual(v, row, out)) return;
  switch (v.type.kind) {
    case ValueKind::kBool: out += v.words[row] != 0 ? "true" : "false"; return;
    case ValueKind::kInt64: AppendNumber(Signed(v, row), out); return;
    case ValueKind::kUInt64: AppendNumber(v.words[row], out); return;
    case ValueKind::kFloat64: AppendFloat(Float(v, row), out); return;
    case ValueKind::kString: out += v.strings[row]; return;
    default: AppendNested(v, row, false, AppendValueText, out);
  }
}

void AppendValueJson(const ValueVector& v, std::size_t row, std::string& out) {
  if (v.IsNull(row)) {
    out += "null";
    return;
  }
  switch (v.type.kind) {
    case ValueKind::kBool: out += v.words[row] != 0 ? "true" : "false"; return;
    case ValueKind::kInt64: AppendNumber(Signed(v, row), out); return;
    case ValueKind::kUInt64: AppendNumber(v.words[row], out); return;
    case ValueKind::kFloat64:
      if (std::isfinite(Float(v, row))) {
        AppendFloat(Float(v, row), out);
      } else {
        out += "null";
      }
      return;
    case ValueKind::kString: AppendJsonString(v.strings[row], out); return;
    case ValueKind::kList:
    case ValueKind::kStruct: AppendNested(v, row, true, AppendValueJson, out); return;
    default:
      out += '"';
      AppendTextual(v, row, out);
      out += '"';
  }
}

}  // namespace tidemill::server
