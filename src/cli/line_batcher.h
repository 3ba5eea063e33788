// Cuts a stream of line protocol into batches at line ends.
//
// A newline inside a quoted field value is no line end, nor is one behind a backslash; the server
// reads lines the same way.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>

#include "base/result.h"

namespace tidemill::cli {

struct LineBatch {
  std::string text;
  std::size_t first_line = 1;  // physical, from 1
  std::size_t lines = 0;       // with data: blank lines and comments do not count
};

class LineBatcher {
 public:
  LineBatcher(std::istream& in, std::size_t bytes_max) : in_(in), bytes_max_(bytes_max) {}
  // nullopt: the end. Error: a line is longer than a batch may be.
  Result<std::optional<LineBatch>> Next();

 private:
  enum class Place { kLineStart, kComment, kSeries, kFields, kAfterEquals, kString };

  // Scans what is buffered; true: a batch's worth has been seen, or all of it.
  bool Scan();
  void Step(char c);
  void EndLine();
  bool Fill();
  LineBatch Cut(std::size_t bytes);

  std::istream& in_;
  const std::size_t bytes_max_;
  std::string buffer_;
  std::size_t next_line_ = 1;

  // Of the batch under way, which begins at the start of buffer_.
  std::size_t scanned_ = 0;
  Place place_ = Place::kLineStart;
  bool is_escaped_ = false;
  bool line_has_data_ = false;
  std::size_t lines_ = 0;        // with data, whole
  std::size_t whole_bytes_ = 0;  // up to the last line end that fits
  std::size_t whole_lines_ = 0;  // with data, up to there
};

}  // namespace tidemill::cli
