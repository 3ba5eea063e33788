// Reads one line after the other out of a body and builds the tables.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lineproto/hash.h"
#include "lineproto/parser.h"
#include "lineproto/series_index.h"
#include "lineproto/table_builder.h"

namespace tidemill::lineproto {

// One use: Run() once. The body must outlive it.
class LineParser {
 public:
  LineParser(std::string_view body, const ParseOptions& options);
  ParsedLines Run();

 private:
  // Steps of a line. Each leaves at_ behind what it read; false: error_ says what is wrong.
  bool ReadLine();
  bool ReadSeries();
  bool ReadMeasurement();
  bool ReadTags();
  bool ReadTag(std::size_t place);
  bool ReadFields();
  bool ReadField(std::size_t place);
  bool ReadFieldValue(LineField& field);
  bool ReadNumber(LineField& field);
  bool ReadText(LineField& field);
  bool ReadBoolean(LineField& field);
  bool ReadTime();
  bool ReadLineEnd();
  bool FitsInCells();
  void KeepLine();
  std::size_t RowsToExpect() const;  // of the table whose first line has just been read

  // The number of the name that begins at at_ and ends with '='; kNone: error_ is set.
  std::uint32_t ReadKey(std::string_view kind, NameTable& names, std::size_t place);

  void SkipToNextLine();  // blanks and comments between lines
  bool SkipBlanks();      // within a line; false: there were none
  bool AtLineEnd() const;
  void SkipBadLine();
  bool Fail(std::string message);
  std::string_view Rest() const;  // of the physical line, for messages

  TableBuilder& table() { return *tables_[table_]; }
  std::uint32_t TableOf(std::string_view name);

  const std::string_view body_;
  const char* const end_;
  const ParseOptions options_;
  const TextHash hash_;

  const char* at_;
  std::uint32_t line_ = 1;  // physical line of at_

  // The line under way.
  const char* line_begin_ = nullptr;
  std::uint32_t line_number_ = 0;
  std::string_view series_key_;
  std::uint64_t series_hash_ = 0;
  const KnownSeries* known_series_ = nullptr;
  std::uint32_t table_ = 0;
  std::vector<LineTag> tags_;
  std::vector<LineField> fields_;
  std::size_t new_tags_ = 0;  // columns that do not exist yet
  std::size_t new_fields_ = 0;
  std::int64_t time_ = 0;
  std::string error_;

  SeriesIndex series_;
  std::vector<std::unique_ptr<TableBuilder>> tables_;
  std::unordered_map<std::string_view, std::uint32_t, TextHash> tables_by_name_;
  std::vector<std::uint32_t> tables_with_rows_;  // in order of their first row
  std::size_t cells_ = 0;
  ParsedLines result_;
};

}  // namespace tidemill::lineproto
