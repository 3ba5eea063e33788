#include "lineproto/line_parser.h"

#include <algorithm>
#include <utility>

#include "lineproto/lexer.h"
#include "lineproto/messages.h"
#include "lineproto/number.h"
#include "lineproto/scan.h"

namespace tidemill::lineproto {
namespace {

using model::DataType;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

constexpr std::size_t kRowsExpectedMax = 65'536;

bool IsReserved(std::string_view name) { return name == "time" || name == "__chunk_order"; }

// The seed need not be secret for ever, only unknown to who wrote the body: where the body lies in
// memory differs from one request to the next.
std::uint64_t SeedFor(std::string_view body) {
  return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(body.data()));
}

std::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

LineParser::LineParser(std::string_view body, const ParseOptions& options)
    : body_(body),
      end_(body.data() + body.size()),
      options_(options),
      hash_(SeedFor(body)),
      at_(body.data() + (body.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0)),
      series_(hash_),
      tables_by_name_(4, hash_) {}

ParsedLines LineParser::Run() {
  for (SkipToNextLine(); at_ != end_; SkipToNextLine()) {
    ++result_.line_count;
    line_begin_ = at_;
    line_number_ = line_;
    if (ReadLine()) {
      KeepLine();
    } else {
      SkipBadLine();
    }
  }
  for (const std::uint32_t table : tables_with_rows_) {
    result_.tables.push_back(tables_[table]->Finish());
  }
  return std::move(result_);
}

bool LineParser::ReadLine() {
  return ReadSeries() && ReadFields() && ReadTime() && ReadLineEnd() && FitsInCells();
}

// Most lines repeat a series: one hash and one comparison of its bytes instead of reading its tags.
bool LineParser::ReadSeries() {
  const char* const series_end = FindSeriesEnd(at_, end_);
  series_key_ = Between(at_, series_end);
  series_hash_ = series_.Hash(series_key_);
  known_series_ = series_.Find(series_key_, series_hash_);
  new_tags_ = 0;
  if (known_series_ == nullptr) return ReadMeasurement() && ReadTags();
  table_ = known_series_->table;
  at_ = series_end;
  return true;
}

bool LineParser::ReadMeasurement() {
  const Token name = LexName(NameKind::kMeasurement, at_, end_);
  at_ = name.next;
  if (name.raw.empty()) return Fail(EmptyName("measurement"));
  if (name.ends_with_backslash) return Fail(EndsWithBackslash(name.raw));
  if (name.raw.size() > options_.string_bytes_max)
    return Fail(StringTooLong(options_.string_bytes_max));
  if (!name.has_escape && !tables_.empty() && table().name() == name.raw) return true;
  table_ =
      name.has_escape ? TableOf(Unescape(NameKind::kMeasurement, name.raw)) : TableOf(name.raw);
  return true;
}

bool LineParser::ReadTags() {
  tags_.clear();
  for (std::size_t place = 0; at_ != end_ && *at_ == ','; ++place) {
    ++at_;
    if (!ReadTag(place)) return false;
  }
  return true;
}

bool LineParser::ReadTag(std::size_t place) {
  NameTable& names = table().tag_names();
  const std::uint32_t name = ReadKey("tag", names, place);
  if (name == NameTable::kNone) return false;
  const Token value = LexName(NameKind::kTagValue, at_, end_);
  at_ = value.next;
  if (value.raw.empty()) return Fail(EmptyTagValue(names.name(name)));
  if (value.ends_with_backslash) return Fail(EndsWithBackslash(value.raw));
  if (value.raw.size() > options_.string_bytes_max)
    return Fail(StringTooLong(options_.string_bytes_max));
  if (table().FindTagColumn(name) == TableBuilder::kNoColumn) ++new_tags_;
  tags_.push_back({name, value});
  return true;
}

std::uint32_t LineParser::ReadKey(std::string_view kind, NameTable& names, std::size_t place) {
  std::uint32_t name = names.Guess(place, at_, end_);
  if (name != NameTable::kNone) {
    at_ += names.KeyBytes(name);
  } else {
    const Token key = LexName(NameKind::kKey, at_, end_);
    at_ = key.next;
    error_.clear();
    if (key.raw.empty()) {
      error_ = EmptyName(kind);
    } else if (key.ends_with_backslash) {
      error_ = EndsWithBackslash(key.raw);
    } else if (at_ == end_ || *at_ != '=') {
      error_ = NoValue(kind, key.raw);
    } else if (key.raw.size() > options_.string_bytes_max) {
      error_ = StringTooLong(options_.string_bytes_max);
    } else if (!key.has_escape && IsReserved(key.raw)) {
      error_ = ReservedColumn(key.raw);
    }
    if (!error_.empty()) return NameTable::kNone;
    name = names.Intern(place, key);
    ++at_;
  }
  if (names.MarkLine(name, line_number_)) return name;
  error_ = RepeatedName(kind, names.name(name));
  return NameTable::kNone;
}

bool LineParser::ReadFields() {
  fields_.clear();
  new_fields_ = 0;
  if (!SkipBlanks() && !AtLineEnd()) return Fail(TrailingContent(Rest()));
  if (AtLineEnd()) return Fail(NoFields());
  if (!ReadField(0)) return false;
  for (std::size_t place = 1; at_ != end_ && *at_ == ','; ++place) {
    ++at_;
    if (!ReadField(place)) return false;
  }
  return true;
}

bool LineParser::ReadField(std::size_t place) {
  const std::uint32_t name = ReadKey("field", table().field_names(), place);
  if (name == NameTable::kNone) return false;
  // Filled where it stays: building it elsewhere and copying it costs as much as reading it.
  LineField& field = fields_.emplace_back();
  field.name = name;
  if (!ReadFieldValue(field)) return false;
  field.column = table().FindFieldColumn(field.name, field.type);
  if (field.column == TableBuilder::kNoColumn) ++new_fields_;
  return true;
}

bool LineParser::ReadFieldValue(LineField& field) {
  const char first = at_ == end_ ? '\n' : *at_;
  if (static_cast<unsigned char>(first - '0') < 10 || first == '-') return ReadNumber(field);
  if (first == '"') return ReadText(field);
  return ReadBoolean(field);
}

bool LineParser::ReadNumber(LineField& field) {
  const Number number = ParseNumber(at_, end_);
  if (number.next == nullptr)
    return Fail(InvalidFieldValue(table().field_names().name(field.name), Rest()));
  if (number.is_out_of_range) return Fail(NumberOutOfRange(number.type, Between(at_, number.next)));
  field.type = number.type;
  field.word = number.word;
  at_ = number.next;
  return true;
}

bool LineParser::ReadText(LineField& field) {
  const QuotedString text = LexString(at_ + 1, end_);
  if (text.next == nullptr) return Fail(UnclosedString(table().field_names().name(field.name)));
  if (text.raw.size() - text.escapes > options_.string_bytes_max)
    return Fail(StringTooLong(options_.string_bytes_max));
  field.type = DataType::kString;
  field.text = text.raw;
  field.has_escape = text.escapes > 0;
  at_ = text.next;
  line_ += text.newlines;
  return true;
}

bool LineParser::ReadBoolean(LineField& field) {
  // Longer words first: "t" begins "true" too.
  constexpr std::pair<std::string_view, bool> kWords[] = {
      {"true", true},   {"True", true},   {"TRUE", true},   {"t", true},  {"T", true},
      {"false", false}, {"False", false}, {"FALSE", false}, {"f", false}, {"F", false}};
  const std::string_view rest = Between(at_, end_);
  for (const auto& [word, value] : kWords) {
    if (!rest.starts_with(word)) continue;
    field.type = DataType::kBool;
    field.word = value ? 1 : 0;
    at_ += word.size();
    return true;
  }
  return Fail(InvalidFieldValue(table().field_names().name(field.name), Rest()));
}

bool LineParser::ReadTime() {
  const bool separated = SkipBlanks();
  if (AtLineEnd()) {
    time_ = options_.default_time.nanos();
    return true;
  }
  const Integer value = separated ? ParseInteger(at_, end_) : Integer{};
  if (value.next == nullptr) return Fail(TrailingContent(Rest()));
  if (value.is_out_of_range) return Fail(TimestampUnreadable(Between(at_, value.next)));
  const auto time = model::ToTimestamp(value.value, options_.precision);
  if (!time || *time < kTimeMin || *time > kTimeMax)
    return Fail(TimestampOutOfRange(value.value, options_.precision));
  time_ = time->nanos();
  at_ = value.next;
  return true;
}

bool LineParser::ReadLineEnd() {
  SkipBlanks();
  return AtLineEnd() || Fail(TrailingContent(Rest()));
}

bool LineParser::FitsInCells() {
  const std::size_t others = cells_ - table().cells();
  if (others + table().CellsWith(new_tags_, new_fields_) <= options_.cells_max) return true;
  return Fail(TooManyCells(options_.cells_max));
}

void LineParser::KeepLine() {
  TableBuilder& builder = table();
  cells_ -= builder.cells();
  if (builder.rows() == 0) {
    tables_with_rows_.push_back(table_);
    builder.ExpectRows(RowsToExpect());
  }
  std::uint32_t series = 0;
  if (known_series_ != nullptr) {
    series = known_series_->series;
  } else {
    series = builder.AddSeries(tags_);
    series_.Add({series_key_, series_hash_, table_, series});
  }
  builder.AddRow(series, fields_, time_,
                 {line_number_, static_cast<std::uint32_t>(line_begin_ - body_.data())});
  cells_ += builder.cells();
}

// As many as there are lines like this one in the rest of the body, shared with the tables before:
// a body of many tables does not reserve all of it for each.
std::size_t LineParser::RowsToExpect() const {
  const auto line_bytes = static_cast<std::size_t>(at_ - line_begin_) + 1;
  const auto bytes_left = static_cast<std::size_t>(end_ - line_begin_);
  const std::size_t lines = bytes_left / line_bytes + bytes_left / line_bytes / 8 + 1;
  return std::min(lines / tables_with_rows_.size() + 1, kRowsExpectedMax);
}

void LineParser::SkipToNextLine() {
  for (; at_ != end_; ++at_) {
    if (*at_ == '\n') {
      ++line_;
    } else if (*at_ == '#') {
      at_ = FindAny<'\n'>(at_, end_);
      if (at_ == end_) return;
      ++line_;
    } else if (*at_ != ' ' && *at_ != '\t' && !AtLineEnd()) {
      return;
    }
  }
}

bool LineParser::SkipBlanks() {
  const char* const begin = at_;
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
  return at_ != begin;
}

bool LineParser::AtLineEnd() const {
  if (at_ == end_ || *at_ == '\n') return true;
  return *at_ == '\r' && (at_ + 1 == end_ || at_[1] == '\n');
}

void LineParser::SkipBadLine() {
  ++result_.error_count;
  if (result_.errors.size() < options_.errors_kept_max) {
    result_.errors.push_back({.line_number = line_number_,
                              .offset = static_cast<std::uint32_t>(line_begin_ - body_.data()),
                              .message = std::move(error_)});
  }
  at_ = FindLineEnd(line_begin_, end_);
  line_ = line_number_ + static_cast<std::uint32_t>(std::count(line_begin_, at_, '\n'));
}

bool LineParser::Fail(std::string message) {
  error_ = std::move(message);
  return false;
}

std::string_view LineParser::Rest() const {
  std::string_view rest = Between(at_, FindAny<'\n'>(at_, end_));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

std::uint32_t LineParser::TableOf(std::string_view name) {
  const auto found = tables_by_name_.find(name);
  if (found != tables_by_name_.end()) return found->second;
  const auto table = static_cast<std::uint32_t>(tables_.size());
  tables_.push_back(std::make_unique<TableBuilder>(name, hash_));
  tables_by_name_.emplace(tables_.back()->name(), table);
  return table;
}

}  // namespace tidemill::lineproto
