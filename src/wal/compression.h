// Light compression of record bodies: zstd at level 1, with the size that comes out known before.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tidemill::wal {

// Appends the compressed `plain` to `out`; false, and nothing appended, when that saves less than
// an eighth.
bool AppendCompressed(std::string_view plain, std::string& out);

// Exactly `plain_bytes` come out, or nullopt: damaged, or of another size.
std::optional<std::string> Decompress(std::string_view compressed, std::size_t plain_bytes);

}  // namespace tidemill::wal
