// CRC-32C (Castagnoli), in hardware where there is one: "123456789" gives e3069283.
//
// Crc32c(b, Crc32c(a)) is the checksum of a followed by b.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tidemill {

std::uint32_t Crc32c(std::span<const std::byte> bytes, std::uint32_t initial = 0);
inline std::uint32_t Crc32c(std::string_view bytes, std::uint32_t initial = 0) {
  return Crc32c(std::as_bytes(std::span(bytes.data(), bytes.size())), initial);
}

}  // namespace tidemill
