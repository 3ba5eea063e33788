// Many strings in two allocations: their bytes one after the other, and where each ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::columnar {

// At most 4 GiB of text; who fills it checks (the body limit is far below).
struct StringColumn {
  std::vector<std::uint32_t> ends;  // ends[i] is the end of string i in `bytes`
  std::string bytes;

  std::size_t size() const { return ends.size(); }
  std::string_view operator[](std::size_t i) const {
    const std::uint32_t begin = i == 0 ? 0 : ends[i - 1];
    return {bytes.data() + begin, ends[i] - begin};
  }
  void Append(std::string_view text) {
    bytes.append(text);
    ends.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  void Truncate(std::size_t count) {
    ends.resize(count);
    bytes.resize(count == 0 ? 0 : ends.back());
  }
  bool operator==(const StringColumn&) const = default;
};

}  // namespace tidemill::columnar
