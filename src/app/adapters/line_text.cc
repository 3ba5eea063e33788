#include "app/adapters/line_text.h"

#include "base/strings.h"

namespace tidemill::app {

namespace {
// A field string of the line protocol may not be longer (server.md 2.1).
constexpr std::size_t kTextBytesMax = 1'000'000;
}  // namespace

LineText::LineText(std::string_view table, std::string& out) : out_(out) { out_ += table; }

LineText& LineText::Tag(std::string_view key, std::string_view value) {
  if (value.empty()) return *this;
  out_ += ',';
  out_ += key;
  out_ += '=';
  for (const char c : CutUtf8(value, kTextBytesMax)) {
    if (c == ',' || c == '=' || c == ' ' || c == '\\') out_ += '\\';
    // A line end cannot stand in a tag value.
    out_ += c == '\n' || c == '\r' || c == '\t' ? '_' : c;
  }
  // A tag may not end with a backslash, even an escaped one.
  if (out_.back() == '\\') out_ += '_';
  return *this;
}

void LineText::Separate() {
  out_ += has_field_ ? ',' : ' ';
  has_field_ = true;
}

LineText& LineText::Text(std::string_view key, std::string_view value) {
  Separate();
  out_ += key;
  out_ += "=\"";
  for (const char c : CutUtf8(value, kTextBytesMax)) {
    if (c == '"' || c == '\\') out_ += '\\';
    out_ += c;
  }
  out_ += '"';
  return *this;
}

LineText& LineText::Integer(std::string_view key, std::int64_t value) {
  Separate();
  out_ += key;
  out_ += '=' + std::to_string(value) + 'i';
  return *this;
}

void LineText::End(Timestamp time) { out_ += ' ' + std::to_string(time.nanos()) + '\n'; }

}  // namespace tidemill::app
