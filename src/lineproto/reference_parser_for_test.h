// Line protocol read the slow and obvious way: one character after the other, one row at a time.
//
// For tests and fuzzing only: the real parser must give the same rows and the same errors for every
// body. It shares the wording of errors with it, and nothing else.
#pragma once

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "lineproto/messages.h"
#include "lineproto/parser.h"

namespace tidemill::lineproto::reference {

struct Value {
  model::DataType type = model::DataType::kFloat64;
  std::uint64_t word = 0;
  std::string text = {};
  bool operator==(const Value&) const = default;
};

struct Row {
  std::uint32_t line_number = 0;
  std::uint32_t offset = 0;
  std::string measurement;
  std::map<std::string, std::string> tags;
  std::map<std::string, Value> fields;
  std::int64_t time = 0;
  bool operator==(const Row&) const = default;
};

struct BadLine {
  std::uint32_t line_number = 0;
  std::uint32_t offset = 0;
  std::string message;
  bool operator==(const BadLine&) const = default;
};

struct Parsed {
  std::vector<Row> rows;
  std::vector<BadLine> errors;
  bool operator==(const Parsed&) const = default;
};

// One line: from its first byte that is not blank to the newline that ends it.
struct Line {
  std::uint32_t number = 0;
  std::uint32_t offset = 0;
  std::string_view text;
};

inline std::vector<Line> SplitIntoLines(std::string_view body) {
  std::vector<Line> lines;
  std::uint32_t number = 1;
  std::size_t i = body.starts_with("\xef\xbb\xbf") ? 3 : 0;
  while (i < body.size()) {
    const bool is_line_break = body[i] == '\r' && (i + 1 == body.size() || body[i + 1] == '\n');
    if (body[i] == '\n') {
      ++number;
      ++i;
    } else if (body[i] == ' ' || body[i] == '\t' || is_line_break) {
      ++i;
    } else if (body[i] == '#') {
      while (i < body.size() && body[i] != '\n') ++i;
    } else {
      const std::size_t begin = i;
      bool in_fields = false;
      bool quoted = false;
      char before = 0;
      while (i < body.size() && (quoted || body[i] != '\n')) {
        const char c = body[i];
        if (c == '\\') {
          before = 0;
          i += 2;
          continue;
        }
        if (!quoted && (c == ' ' || c == '\t')) in_fields = true;
        if (c == '"') quoted = quoted ? false : in_fields && before == '=';
        before = c;
        ++i;
      }
      i = std::min(i, body.size());
      const std::string_view text = body.substr(begin, i - begin);
      lines.push_back({number, static_cast<std::uint32_t>(begin), text});
      number += static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
    }
  }
  return lines;
}

class LineReader {
 public:
  LineReader(const Line& line, const ParseOptions& options) : text_(line.text), options_(options) {
    row_.line_number = line.number;
    row_.offset = line.offset;
  }

  // nullopt: error() says why.
  std::optional<Row> Read() {
    if (!ReadMeasurement()) return std::nullopt;
    while (Peek() == ',') {
      ++at_;
      if (!ReadTag()) return std::nullopt;
    }
    if (!SkipBlanks() && !AtEnd()) return Fail(TrailingContent(Rest()));
    if (AtEnd()) return Fail(NoFields());
    do {
      if (!ReadField()) return std::nullopt;
    } while (Take(','));
    if (!ReadTime()) return std::nullopt;
    return row_;
  }
  const std::string& error() const { return error_; }

 private:
  std::nullopt_t Fail(std::string message) {
    if (error_.empty()) error_ = std::move(message);
    return std::nullopt;
  }
  int Peek() const { return at_ < text_.size() ? static_cast<unsigned char>(text_[at_]) : -1; }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  bool AtEnd() const {
    return at_ == text_.size() || text_[at_] == '\n' ||
           (text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n'));
  }
  bool SkipBlanks() {
    const std::size_t begin = at_;
    while (Peek() == ' ' || Peek() == '\t') ++at_;
    return at_ > begin;
  }
  std::string_view Rest() const {
    std::string_view rest = text_.substr(at_);
    rest = rest.substr(0, rest.find('\n'));
    if (rest.ends_with('\r')) rest.remove_suffix(1);
    return rest;
  }

  // A name up to one of `ends`; a backslash takes the meaning from the characters in `escapes`.
  bool ReadName(std::string_view ends, std::string_view escapes, std::string& raw,
                std::string& name) {
    while (at_ < text_.size() && ends.find(text_[at_]) == std::string_view::npos) {
      if (text_[at_] == '\\') {
        raw += '\\';
        ++at_;
        const bool ends_here =
            at_ == text_.size() || (ends.find(text_[at_]) != std::string_view::npos &&
                                    escapes.find(text_[at_]) == std::string_view::npos);
        if (ends_here) {
          Fail(EndsWithBackslash(raw));
          return false;
        }
        if (escapes.find(text_[at_]) == std::string_view::npos) name += '\\';
      }
      raw += text_[at_];
      name += text_[at_];
      ++at_;
    }
    return true;
  }

  bool ReadMeasurement() {
    std::string raw;
    const bool read = ReadName(std::string_view(", \t\n\0", 5), ", \\", raw, row_.measurement);
    if (raw.empty()) Fail(EmptyName("measurement"));
    if (!read || raw.empty()) return false;
    if (raw.size() > options_.string_bytes_max) {
      Fail(StringTooLong(options_.string_bytes_max));
      return false;
    }
    return true;
  }

  bool ReadKey(std::string_view kind, std::string& name) {
    std::string raw;
    if (!ReadName("= \t\n", ",= \\", raw, name)) return false;
    if (raw.empty()) {
      Fail(EmptyName(kind));
    } else if (!Take('=')) {
      Fail(NoValue(kind, raw));
    } else if (raw.size() > options_.string_bytes_max) {
      Fail(StringTooLong(options_.string_bytes_max));
    } else if (name == "time" || name == "__chunk_order") {
      Fail(ReservedColumn(name));
    }
    return error_.empty();
  }

  bool ReadTag() {
    std::string name;
    if (!ReadKey("tag", name)) return false;
    if (row_.tags.contains(name)) Fail(RepeatedName("tag", name));
    if (!error_.empty()) return false;
    std::string raw;
    std::string value;
    const bool read = ReadName(", \t\n", ",= \\", raw, value);
    if (raw.empty()) Fail(EmptyTagValue(name));
    if (!read || raw.empty()) return false;
    if (raw.size() > options_.string_bytes_max) Fail(StringTooLong(options_.string_bytes_max));
    row_.tags[name] = value;
    return error_.empty();
  }

  bool ReadField() {
    std::string name;
    if (!ReadKey("field", name)) return false;
    if (row_.fields.contains(name)) Fail(RepeatedName("field", name));
    if (!error_.empty()) return false;
    std::optional<Value> value;
    if (Peek() == '"') {
      value = ReadString(name);
    } else if (Peek() == '-' || (Peek() >= '0' && Peek() <= '9')) {
      value = ReadNumber(name);
    } else {
      value = ReadBoolean(name);
    }
    if (!value) return false;
    row_.fields[name] = *value;
    return true;
  }

  std::optional<Value> ReadString(const std::string& field) {
    Value value{.type = model::DataType::kString};
    ++at_;
    while (Peek() != '"') {
      if (at_ == text_.size()) return Fail(UnclosedString(field));
      const bool escapes = text_[at_] == '\\' && at_ + 1 < text_.size() &&
                           (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\');
      if (escapes) ++at_;
      value.text += text_[at_++];
    }
    ++at_;
    if (value.text.size() > options_.string_bytes_max)
      return Fail(StringTooLong(options_.string_bytes_max));
    return value;
  }

  std::string TakeDigits() {
    std::string digits;
    while (Peek() >= '0' && Peek() <= '9') digits += text_[at_++];
    return digits;
  }

  std::optional<Value> ReadNumber(const std::string& field) {
    const std::size_t begin = at_;
    std::string number = Take('-') ? "-" : "";
    const std::string digits = TakeDigits();
    if (digits.empty()) {
      at_ = begin;
      return Fail(InvalidFieldValue(field, Rest()));
    }
    number += digits;
    if (Take('i')) return ReadWhole<std::int64_t>(number, model::DataType::kInt64, "i");
    if (number[0] != '-' && Take('u'))
      return ReadWhole<std::uint64_t>(number, model::DataType::kUInt64, "u");
    const auto take_if_digits_follow = [&](std::size_t sign_bytes) {
      const std::size_t back = at_;
      at_ += 1 + sign_bytes;
      const std::string more = TakeDigits();
      if (more.empty()) {
        at_ = back;
        return;
      }
      number += std::string(text_.substr(back, 1 + sign_bytes)) + more;
    };
    if (Peek() == '.') take_if_digits_follow(0);
    if (Peek() == 'e' || Peek() == 'E') {
      const bool is_signed =
          at_ + 1 < text_.size() && (text_[at_ + 1] == '+' || text_[at_ + 1] == '-');
      take_if_digits_follow(is_signed ? 1 : 0);
    }
    const double value = std::strtod(number.c_str(), nullptr);
    if (!std::isfinite(value)) return Fail(NumberOutOfRange(model::DataType::kFloat64, number));
    return Value{.type = model::DataType::kFloat64, .word = std::bit_cast<std::uint64_t>(value)};
  }

  template <typename T>
  std::optional<Value> ReadWhole(const std::string& number, model::DataType type,
                                 std::string_view suffix) {
    T value{};
    const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
    if (read.ec != std::errc()) return Fail(NumberOutOfRange(type, number + std::string(suffix)));
    return Value{.type = type, .word = static_cast<std::uint64_t>(value)};
  }

  std::optional<Value> ReadBoolean(const std::string& field) {
    for (const std::string_view word :
         {"true", "True", "TRUE", "t", "T", "false", "False", "FALSE", "f", "F"}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      const bool is_true = word[0] == 't' || word[0] == 'T';
      return Value{.type = model::DataType::kBool, .word = is_true ? 1U : 0U};
    }
    return Fail(InvalidFieldValue(field, Rest()));
  }

  bool ReadTime() {
    row_.time = options_.default_time.nanos();
    const bool separated = SkipBlanks();
    if (AtEnd()) return true;
    const std::size_t begin = at_;
    std::string number = Take('-') ? "-" : "";
    const std::string digits = TakeDigits();
    number += digits;
    if (!separated || digits.empty()) {
      at_ = begin;
      Fail(TrailingContent(Rest()));
      return false;
    }
    std::int64_t value = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
    if (read.ec != std::errc()) {
      Fail(TimestampUnreadable(number));
      return false;
    }
    const auto time = model::ToTimestamp(value, options_.precision);
    if (!time || *time < kTimeMin || *time > kTimeMax) {
      Fail(TimestampOutOfRange(value, options_.precision));
      return false;
    }
    row_.time = time->nanos();
    SkipBlanks();
    if (AtEnd()) return true;
    Fail(TrailingContent(Rest()));
    return false;
  }

  const std::string_view text_;
  const ParseOptions& options_;
  std::size_t at_ = 0;
  Row row_;
  std::string error_;
};

inline Parsed Parse(std::string_view body, const ParseOptions& options) {
  Parsed parsed;
  for (const Line& line : SplitIntoLines(body)) {
    LineReader reader(line, options);
    if (auto row = reader.Read()) {
      parsed.rows.push_back(std::move(*row));
    } else {
      parsed.errors.push_back({line.number, line.offset, reader.error()});
    }
  }
  return parsed;
}

// What the real parser made, seen row by row.
inline Parsed FromColumns(const ParsedLines& lines) {
  Parsed parsed;
  for (const ParsedTable& table : lines.tables) {
    for (std::size_t i = 0; i < table.rows.rows(); ++i) {
      Row row{.line_number = table.line_numbers[i],
              .offset = table.line_offsets[i],
              .measurement = table.name,
              .tags = {},
              .fields = {},
              .time = table.rows.times[i]};
      for (std::size_t tag = 0; tag < table.rows.tags.size(); ++tag) {
        const std::uint32_t code = table.rows.Code(table.rows.row_series[i], tag);
        if (code != 0) row.tags[table.tag_names[tag]] = table.rows.tags[tag].values[code - 1];
      }
      for (std::size_t field = 0; field < table.rows.fields.size(); ++field) {
        const columnar::FieldColumn& column = table.rows.fields[field];
        if (!column.HasValue(i)) continue;
        Value value{.type = column.type};
        if (column.type == model::DataType::kString) {
          value.text = column.strings[i];
        } else {
          value.word = column.words[i];
        }
        row.fields[table.field_names[field]] = value;
      }
      parsed.rows.push_back(std::move(row));
    }
  }
  std::sort(parsed.rows.begin(), parsed.rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.line_number, a.offset) < std::tie(b.line_number, b.offset);
  });
  for (const LineError& error : lines.errors) {
    parsed.errors.push_back({error.line_number, error.offset, error.message});
  }
  return parsed;
}

// "" when they agree, else the first difference.
inline std::string Difference(const Parsed& actual, const Parsed& expected) {
  const auto print = [](const Row& row) {
    std::string out = std::to_string(row.line_number) + ": " + row.measurement;
    for (const auto& [name, value] : row.tags) out += "," + name + "=" + value;
    for (const auto& [name, value] : row.fields) {
      out += " " + name + "=" +
             std::string(model::IoxTypeName(model::ColumnKind::kField, value.type)) + ":" +
             std::to_string(value.word) + ":" + value.text;
    }
    return out + " @" + std::to_string(row.time);
  };
  for (std::size_t i = 0; i < std::min(actual.rows.size(), expected.rows.size()); ++i) {
    if (actual.rows[i] != expected.rows[i])
      return "row " + print(actual.rows[i]) + "\nexpected " + print(expected.rows[i]);
  }
  for (std::size_t i = 0; i < std::min(actual.errors.size(), expected.errors.size()); ++i) {
    const BadLine& a = actual.errors[i];
    const BadLine& e = expected.errors[i];
    if (a != e)
      return "error " + std::to_string(a.line_number) + ": " + a.message + "\nexpected " +
             std::to_string(e.line_number) + ": " + e.message;
  }
  if (actual == expected) return "";
  return std::to_string(actual.rows.size()) + " rows and " + std::to_string(actual.errors.size()) +
         " errors; expected " + std::to_string(expected.rows.size()) + " and " +
         std::to_string(expected.errors.size());
}

}  // namespace tidemill::lineproto::reference
