// What a line error says. Where the existing product has a sentence for it, it is that sentence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/data_type.h"
#include "model/precision.h"

namespace tidemill::lineproto {

// Text of the user's is cut before it is quoted.
std::string TrailingContent(std::string_view rest);
std::string NumberOutOfRange(model::DataType type, std::string_view text);
std::string InvalidFieldValue(std::string_view field, std::string_view rest);
std::string UnclosedString(std::string_view field);
std::string StringTooLong(std::size_t bytes_max);
std::string TimestampUnreadable(std::string_view text);
std::string TimestampOutOfRange(std::int64_t value, model::Precision precision);
std::string ReservedColumn(std::string_view name);
std::string RepeatedName(std::string_view kind, std::string_view name);  // kind: "tag", "field"
std::string EndsWithBackslash(std::string_view name);
std::string NoValue(std::string_view kind, std::string_view name);
std::string EmptyName(std::string_view kind);  // "measurement", "tag", "field"
std::string EmptyTagValue(std::string_view tag);
std::string NoFields();
std::string TooManyCells(std::size_t cells_max);

}  // namespace tidemill::lineproto
