// Checksums of an object's 64 KiB blocks, kept beside it as `<name>.crc` (contracts D.6).
//
// The object stays as it is for other readers; the sums let ours refuse a damaged block before it
// is used. Layout: docs/formats/parquet_layout.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "objectstore/object_store.h"

namespace tidemill::storage {

struct BlockSums {
  static constexpr std::uint32_t kBlockBytes = 64 << 10;

  std::uint64_t object_bytes = 0;
  std::vector<std::uint32_t> sums;  // CRC32C of each block; the last one may be short

  bool operator==(const BlockSums&) const = default;
};

inline std::string BlockSumsName(const std::string& object) { return object + ".crc"; }

std::string EncodeBlockSums(const BlockSums& sums);
// Error: kCorrupt.
Result<BlockSums> DecodeBlockSums(std::string_view bytes);

// Reads `object` through.
Result<BlockSums> ComputeBlockSums(objectstore::ObjectStore& store, const std::string& object);

}  // namespace tidemill::storage
