// A line of a write that was not taken, as the writer is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tidemill::ingest {

struct RejectedLine {
  std::uint32_t line_number = 0;  // physical, from 1
  std::string original_line;      // cut
  std::string message;
  bool is_limit = false;  // a configured limit was hit (422 rather than 400)
};

// More are counted, but neither kept nor told.
inline constexpr std::size_t kRejectedLinesMax = 10'000;

}  // namespace tidemill::ingest
