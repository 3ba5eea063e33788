// The smallest pieces of line protocol: names, tag values, quoted strings, and where a line ends.
//
// Every function takes [at, end) and gives the piece with the place behind it. Pieces are views of
// the text as it stands, escapes and all; Unescape makes the value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidemill::lineproto {

// What a name is decides what ends it and what a backslash shields in it.
enum class NameKind {
  kMeasurement,  // ends at ',', NUL or a blank; escapes: \, \<space> \\ .
  kKey,          // of a tag or a field: ends at '=' or a blank; escapes: \, \= \<space> \\ .
  kTagValue,     // ends at ',' or a blank; the same escapes
};

struct Token {
  std::string_view raw;
  bool has_escape = false;  // it holds a backslash
  bool ends_with_backslash = false;
  const char* next = nullptr;  // the byte that ended it
};

// May be empty. Blanks that end a name: space, tab, newline.
Token LexName(NameKind kind, const char* at, const char* end);

// The value of a raw name. A backslash before anything that needs no escape stays.
std::string Unescape(NameKind kind, std::string_view raw);

struct QuotedString {
  std::string_view raw;     // between the quotes
  std::size_t escapes = 0;  // \" and \\ .
  std::uint32_t newlines = 0;
  const char* next = nullptr;  // behind the closing quote; nullptr: it is never closed
};

// `at` is behind the opening quote.
QuotedString LexString(const char* at, const char* end);

// Appends the value of a raw string: \" and \\ lose their backslash, others keep it.
void AppendUnescapedString(std::string_view raw, std::string& out);

// The end of measurement and tags: the first blank that no backslash shields, or `end`.
const char* FindSeriesEnd(const char* at, const char* end);

// The newline that ends the line whose first byte is `at`, or `end`. Not shielded by a backslash,
// and not inside a string in the place of a field's value: what stands in such a string is never
// taken for a line, even when the line around it is wrong.
const char* FindLineEnd(const char* at, const char* end);

}  // namespace tidemill::lineproto
