#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <limits>

namespace tidemill {

std::uint32_t Crc32c(std::span<const std::byte> bytes, std::uint32_t initial) {
  // The library leaves the two inversions of the standard to its caller, takes an int as the
  // length, and its buffer is not const although it only reads.
  auto* at =
      const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data()));  // NOLINT
  std::uint32_t state = ~initial;
  std::size_t left = bytes.size();
  while (left > 0) {
    const int length =
        static_cast<int>(std::min<std::size_t>(left, std::numeric_limits<int>::max()));
    state = crc32_iscsi(at, length, state);
    at += length;
    left -= static_cast<std::size_t>(length);
  }
  return ~state;
}

}  // namespace tidemill
