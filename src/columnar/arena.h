// Memory for the bytes of many small strings, freed all at once.
//
// Bytes never move: a view into the arena is good for as long as the arena. One writer.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace tidemill::columnar {

class Arena {
 public:
  // A copy of `text` inside the arena.
  std::string_view Store(std::string_view text);
  std::size_t memory_bytes() const { return memory_bytes_; }

 private:
  // Blocks double from the first size to the last; a longer text gets a block of its own.
  static constexpr std::size_t kFirstBlockBytes = 256;
  static constexpr std::size_t kLastBlockBytes = 256 * 1024;

  char* Allocate(std::size_t bytes);

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;  // free bytes of the newest shared block
  std::size_t free_ = 0;
  std::size_t next_block_bytes_ = kFirstBlockBytes;
  std::size_t memory_bytes_ = 0;
};

}  // namespace tidemill::columnar
