// Line protocol text to columns, table by table. Pure: no I/O, no locks, no clock, no catalog.
//
// One line is `measurement[,tag=value]* field=value[,field=value]* [timestamp]`. Beyond what the
// existing product takes, CRLF line ends, tabs between sections and a byte-order mark are accepted.
// Every line is taken whole or not at all: a line with an error leaves no trace in the columns.
// Called by ingest/ (writes, plugin output) and by tests; fuzzed in fuzz/. That the body is UTF-8
// is the caller's to check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "columnar/row_block.h"
#include "model/precision.h"

namespace tidemill::lineproto {

// Times that can be stored: the ends of the 64-bit range mean "infinity" and "none" further down,
// so a line that names one of them is refused rather than changed.
inline constexpr Timestamp kTimeMin{INT64_MIN + 2};
inline constexpr Timestamp kTimeMax{INT64_MAX - 1};

struct ParseOptions {
  model::Precision precision = model::Precision::kAuto;
  Timestamp default_time;                    // of lines without a timestamp; one value per request
  std::size_t string_bytes_max = 1'048'576;  // names, tag values, string fields
  // Rows times columns of all tables together, absent values included: keeps a small body of very
  // different lines from becoming gigabytes. Lines beyond it are errors.
  std::size_t cells_max = 32 << 20;
  std::size_t errors_kept_max = 10'000;
};

struct LineError {
  std::uint32_t line_number = 0;  // physical line of the body, from 1
  std::uint32_t offset = 0;       // of the line's first byte in the body
  std::string message;
};

// The rows of one table. A field name that occurs with two types is two columns here: which one is
// right, the catalog knows (ingest/validator.cc); so is a name that occurs as a tag and as a field.
// Column ids are not yet set. Lines that spell one series in two ways make two series.
struct ParsedTable {
  std::string name;
  std::vector<std::string> tag_names;    // parallel to rows.tags
  std::vector<std::string> field_names;  // parallel to rows.fields
  columnar::RowBlock rows;
  std::vector<std::uint32_t> line_numbers;  // of each row
  std::vector<std::uint32_t> line_offsets;  // of each row, into the body
};

struct ParsedLines {
  std::vector<ParsedTable> tables;  // in order of first appearance
  std::vector<LineError> errors;    // in order of lines; the first errors_kept_max
  std::size_t error_count = 0;      // all of them
  std::size_t line_count = 0;       // lines that are neither blank nor comments
};

// `body` is smaller than 4 GiB.
ParsedLines Parse(std::string_view body, const ParseOptions& options);

// The text of the line that begins at `offset`, cut to what an error shows.
inline constexpr std::size_t kOriginalLineBytesMax = 256;
std::string_view OriginalLine(std::string_view body, std::uint32_t offset);

}  // namespace tidemill::lineproto
