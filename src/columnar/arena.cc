#include "columnar/arena.h"

#include <algorithm>
#include <cstring>

namespace tidemill::columnar {

std::string_view Arena::Store(std::string_view text) {
  if (text.empty()) return "";
  char* const place = Allocate(text.size());
  std::memcpy(place, text.data(), text.size());
  return {place, text.size()};
}

char* Arena::Allocate(std::size_t bytes) {
  if (bytes > free_) {
    const bool own_block = bytes > next_block_bytes_ / 4;
    const std::size_t block_bytes = own_block ? bytes : next_block_bytes_;
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_bytes));
    memory_bytes_ += block_bytes;
    if (own_block) return blocks_.back().get();
    next_ = blocks_.back().get();
    free_ = block_bytes;
    next_block_bytes_ = std::min(next_block_bytes_ * 2, kLastBlockBytes);
  }
  char* const place = next_;
  next_ += bytes;
  free_ -= bytes;
  return place;
}

}  // namespace tidemill::columnar
