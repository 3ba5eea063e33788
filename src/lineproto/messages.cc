#include "lineproto/messages.h"

#include "base/strings.h"

namespace tidemill::lineproto {
namespace {

constexpr std::size_t kTrailingBytesMax = 10;
constexpr std::size_t kQuotedBytesMax = 64;

std::string Quoted(std::string_view text, std::size_t bytes_max = kQuotedBytesMax) {
  return "'" + std::string(CutUtf8(text, bytes_max)) + "'";
}

std::string_view PrecisionName(model::Precision precision) {
  switch (precision) {
    case model::Precision::kAuto: return "Auto";
    case model::Precision::kSecond: return "Second";
    case model::Precision::kMillisecond: return "Millisecond";
    case model::Precision::kMicrosecond: return "Microsecond";
    case model::Precision::kNanosecond: return "Nanosecond";
  }
  return "";
}

}  // namespace

std::string TrailingContent(std::string_view rest) {
  return "Could not parse entire line. Found trailing content: " + Quoted(rest, kTrailingBytesMax);
}

std::string NumberOutOfRange(model::DataType type, std::string_view text) {
  const std::string_view kind = type == model::DataType::kInt64    ? "integer"
                                : type == model::DataType::kUInt64 ? "unsigned integer"
                                                                   : "floating-point";
  return "Unable to parse " + std::string(kind) + " value " + Quoted(text);
}

std::string InvalidFieldValue(std::string_view field, std::string_view rest) {
  return "Field " + Quoted(field) + " has no valid value at " + Quoted(rest, kTrailingBytesMax) +
         ": expected a number, true, false or a double-quoted string";
}

std::string UnclosedString(std::string_view field) {
  return "String value of field " + Quoted(field) + " has no closing double quote";
}

std::string StringTooLong(std::size_t bytes_max) {
  constexpr std::size_t kOneMiB = 1 << 20;
  return "String is greater than " +
         (bytes_max == kOneMiB ? std::string("1MB") : std::to_string(bytes_max) + " bytes");
}

std::string TimestampUnreadable(std::string_view text) {
  return "Unable to parse timestamp value " + Quoted(text) + ": expected a 64-bit integer";
}

std::string TimestampOutOfRange(std::int64_t value, model::Precision precision) {
  return "timestamp, " + std::to_string(value) +
         ", out of range for precision: " + std::string(PrecisionName(precision));
}

std::string ReservedColumn(std::string_view name) {
  return "'" + std::string(name) + "' is a reserved column";
}

std::string RepeatedName(std::string_view kind, std::string_view name) {
  return "invalid line protocol - multiple instances of " + Quoted(name) + " " + std::string(kind) +
         " found";
}

std::string EndsWithBackslash(std::string_view name) {
  return "Name " + Quoted(name) + " may not end with a backslash";
}

std::string NoValue(std::string_view kind, std::string_view name) {
  return "The " + std::string(kind) + " " + Quoted(name) + " has no value: expected '=' behind it";
}

std::string EmptyName(std::string_view kind) {
  return "The name of a " + std::string(kind) + " is empty";
}

std::string EmptyTagValue(std::string_view tag) {
  return "The tag " + Quoted(tag) + " has an empty value: leave the tag out instead";
}

std::string NoFields() { return "No fields were provided"; }

std::string TooManyCells(std::size_t cells_max) {
  return "The lines of this write have so many different columns that rows times columns exceed " +
         std::to_string(cells_max) + ": send fewer lines at once";
}

}  // namespace tidemill::lineproto
