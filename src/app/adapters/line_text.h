// Builds line protocol for the rows that the server itself writes to `_internal`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/timestamp.h"

namespace tidemill::app {

// Tags first, then fields, then End(); each call appends to the text given.
class LineText {
 public:
  LineText(std::string_view table, std::string& out);
  LineText& Tag(std::string_view key, std::string_view value);  // an empty value is left out
  LineText& Text(std::string_view key, std::string_view value);
  LineText& Integer(std::string_view key, std::int64_t value);
  void End(Timestamp time);

 private:
  void Separate();
  std::string& out_;
  bool has_field_ = false;
};

}  // namespace tidemill::app
