#include "cli/line_batcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <istream>

namespace tidemill::cli {
namespace {

constexpr std::size_t kReadBytes = 256 << 10;

}  // namespace

Result<std::optional<LineBatch>> LineBatcher::Next() {
  while (!Scan()) {
    if (Fill()) continue;
    // The last line needs no newline at its end.
    if (buffer_.empty()) return std::optional<LineBatch>();
    lines_ += line_has_data_ ? 1 : 0;
    whole_lines_ = lines_;
    return std::optional<LineBatch>(Cut(buffer_.size()));
  }
  if (whole_bytes_ == 0) {
    return InvalidError(fmt::format("line {} is longer than --max-request-size ({} bytes)",
                                    next_line_, bytes_max_));
  }
  return std::optional<LineBatch>(Cut(whole_bytes_));
}

bool LineBatcher::Scan() {
  const std::size_t end = std::min(buffer_.size(), bytes_max_);
  while (scanned_ < end) Step(buffer_[scanned_++]);
  return buffer_.size() > bytes_max_;
}

void LineBatcher::Step(char c) {
  if (is_escaped_) {
    is_escaped_ = false;
    return;
  }
  if (c == '\\' && place_ != Place::kComment) {
    is_escaped_ = true;
    if (place_ == Place::kLineStart) place_ = Place::kSeries;
    if (place_ == Place::kAfterEquals) place_ = Place::kFields;
    line_has_data_ = true;
    return;
  }
  if (c == '\n' && place_ != Place::kString) return EndLine();
  switch (place_) {
    case Place::kLineStart:
      if (c == ' ' || c == '\t') return;
      place_ = c == '#' ? Place::kComment : Place::kSeries;
      line_has_data_ = c != '#';
      return;
    case Place::kSeries:
      if (c == ' ') place_ = Place::kFields;
      return;
    case Place::kFields:
      if (c == '=') place_ = Place::kAfterEquals;
      return;
    case Place::kAfterEquals: place_ = c == '"' ? Place::kString : Place::kFields; return;
    case Place::kString:
      if (c == '"') place_ = Place::kFields;
      return;
    case Place::kComment: return;
  }
}

void LineBatcher::EndLine() {
  lines_ += line_has_data_ ? 1 : 0;
  line_has_data_ = false;
  place_ = Place::kLineStart;
  whole_bytes_ = scanned_;
  whole_lines_ = lines_;
}

// False: the input has ended.
bool LineBatcher::Fill() {
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kReadBytes);
  in_.read(buffer_.data() + before, static_cast<std::streamsize>(kReadBytes));
  buffer_.resize(before + static_cast<std::size_t>(in_.gcount()));
  return buffer_.size() > before;
}

// Takes a batch off the front; what follows it begins a line.
LineBatch LineBatcher::Cut(std::size_t bytes) {
  LineBatch batch{
      .text = buffer_.substr(0, bytes), .first_line = next_line_, .lines = whole_lines_};
  next_line_ += static_cast<std::size_t>(std::count(batch.text.begin(), batch.text.end(), '\n'));
  buffer_.erase(0, bytes);
  scanned_ = whole_bytes_ = whole_lines_ = lines_ = 0;
  place_ = Place::kLineStart;
  is_escaped_ = line_has_data_ = false;
  return batch;
}

}  // namespace tidemill::cli
