#include "storage/block_sums.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/status_macros.h"

namespace tidemill::storage {
namespace {

constexpr std::string_view kMagic = "TMBLKCRC";

std::uint64_t BlockCount(std::uint64_t bytes) {
  return bytes / BlockSums::kBlockBytes + (bytes % BlockSums::kBlockBytes != 0);
}

}  // namespace

std::string EncodeBlockSums(const BlockSums& sums) {
  std::string bytes(kMagic);
  ByteWriter out(bytes);
  out.Fixed(BlockSums::kBlockBytes);
  out.Fixed(sums.object_bytes);
  out.Array(std::span<const std::uint32_t>(sums.sums));
  out.Fixed(Crc32c(bytes));
  return bytes;
}

Result<BlockSums> DecodeBlockSums(std::string_view bytes) {
  ByteReader in(bytes);
  const bool is_ours = in.Bytes(kMagic.size()) == kMagic;
  const auto block_bytes = in.Fixed<std::uint32_t>();
  BlockSums out;
  out.object_bytes = in.Fixed<std::uint64_t>();
  const bool fits = is_ours && in.ok() && block_bytes == BlockSums::kBlockBytes &&
                    in.Array<std::uint32_t>(BlockCount(out.object_bytes), out.sums);
  const auto sum = in.Fixed<std::uint32_t>();
  if (!fits || !in.ok() || in.remaining() != 0 ||
      sum != Crc32c(bytes.substr(0, bytes.size() - sizeof sum))) {
    return CorruptError("block checksums are damaged");
  }
  return out;
}

Result<BlockSums> ComputeBlockSums(objectstore::ObjectStore& store, const std::string& object) {
  TRY_ASSIGN(const auto reader, store.Open(object));
  BlockSums out;
  out.object_bytes = reader->bytes();
  out.sums.reserve(BlockCount(out.object_bytes));
  std::vector<std::byte> block(BlockSums::kBlockBytes);
  for (std::uint64_t offset = 0; offset < out.object_bytes; offset += block.size()) {
    const std::uint64_t left = out.object_bytes - offset;
    const std::span<std::byte> part(block.data(), std::min<std::uint64_t>(left, block.size()));
    TRY(reader->Read(offset, part));
    out.sums.push_back(Crc32c(std::span<const std::byte>(part)));
  }
  return out;
}

}  // namespace tidemill::storage
