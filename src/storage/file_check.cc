#include "storage/file_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crc32c.h"
#include "base/status_macros.h"
#include "storage/block_sums.h"

namespace tidemill::storage {
namespace {

Result<BlockSums> ReadSums(objectstore::ObjectStore& store, const FileEntry& file) {
  const std::string name = BlockSumsName(file.object);
  TRY_ASSIGN(const std::string bytes, store.Get(name));
  if (Crc32c(bytes) != file.crc_sum) {
    return CorruptError(
        fmt::format("'{}' is damaged: its checksum is not that of the manifest", name));
  }
  auto sums = DecodeBlockSums(bytes);
  if (!sums.ok()) return std::move(sums).error().Within(name);
  return sums;
}

}  // namespace

Status CheckDataFile(objectstore::ObjectStore& store, const FileEntry& file) {
  TRY_ASSIGN(const BlockSums expected, ReadSums(store, file));
  TRY_ASSIGN(const BlockSums found, ComputeBlockSums(store, file.object));
  if (found.object_bytes != file.bytes || expected.object_bytes != file.bytes) {
    return CorruptError(fmt::format("'{}' is {} bytes long, the manifest says {}", file.object,
                                    found.object_bytes, file.bytes));
  }
  const auto [wrong, unused] = std::mismatch(found.sums.begin(), found.sums.end(),
                                             expected.sums.begin(), expected.sums.end());
  if (wrong == found.sums.end()) return Ok();
  const auto block = static_cast<std::uint64_t>(wrong - found.sums.begin());
  return CorruptError(fmt::format("'{}' is damaged in the block at offset {}", file.object,
                                  block * BlockSums::kBlockBytes));
}

}  // namespace tidemill::storage
