// The bytes of one file in a FaultFileSystem: what readers see, and what a power cut would leave.
//
// Sectors of 512 bytes are written whole or not at all, in any order, unless a sync comes between.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "testing/seeded_random.h"

namespace tidemill::testing {

class FaultInode {
 public:
  static constexpr std::size_t kSectorBytes = 512;

  explicit FaultInode(bool is_directory) : is_directory_(is_directory) {}

  bool is_directory() const { return is_directory_; }
  std::size_t size() const { return seen_.size(); }
  std::span<const std::byte> bytes() const { return seen_; }

  void Write(std::size_t offset, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    if (offset + bytes.size() > seen_.size()) Resize(offset + bytes.size());
    std::ranges::copy(bytes, seen_.begin() + static_cast<std::ptrdiff_t>(offset));
    MarkUnsynced(offset, offset + bytes.size());
  }
  void Resize(std::size_t size) {
    // What is cut off is zero when the file grows again; new space is zero anyway.
    if (size < seen_.size()) MarkUnsynced(size, std::min(seen_.size(), durable_.size()));
    is_size_unsynced_ = is_size_unsynced_ || size != seen_.size();
    seen_.resize(size);
  }
  void Sync() {
    const std::size_t size = is_size_unsynced_ ? seen_.size() : durable_.size();
    for (const std::size_t sector : unsynced_sectors_) CopySector(sector, seen_, durable_);
    durable_.resize(size);
    ForgetUnsynced();
  }
  // What a failed sync does: the system takes its pages for clean, so the next sync returns ok
  // without having written them.
  void ForgetUnsynced() {
    unsynced_sectors_.clear();
    is_size_unsynced_ = false;
  }
  // Of what was not synced, each sector survives with probability `kept_percent`.
  void PowerCut(SeededRandom& random, std::uint64_t kept_percent) {
    if (is_size_unsynced_ && random.Next() % 100 < kept_percent)
      durable_.resize(SizeAfterCut(random));
    const std::size_t size = durable_.size();
    for (const std::size_t sector : unsynced_sectors_)
      if (random.Next() % 100 < kept_percent) CopySector(sector, seen_, durable_);
    durable_.resize(size);
    seen_ = durable_;
    ForgetUnsynced();
  }
  // Damage on the disk itself.
  void FlipBits(std::size_t offset, std::byte mask) {
    seen_[offset] ^= mask;
    if (offset < durable_.size()) durable_[offset] ^= mask;
  }

 private:
  void MarkUnsynced(std::size_t begin, std::size_t end) {
    for (std::size_t sector = begin / kSectorBytes; sector * kSectorBytes < end; ++sector)
      unsynced_sectors_.insert(sector);
  }
  // The size may have reached the disk before the data did, and in several steps.
  std::size_t SizeAfterCut(SeededRandom& random) const {
    const std::size_t low = std::min(durable_.size(), seen_.size());
    const std::size_t high = std::max(durable_.size(), seen_.size());
    if (random.Next() % 2 == 0) return seen_.size();
    return low + static_cast<std::size_t>(random.Next() % (high - low + 1));
  }
  static void CopySector(std::size_t sector, const std::vector<std::byte>& from,
                         std::vector<std::byte>& to) {
    const std::size_t begin = sector * kSectorBytes;
    if (to.size() < begin + kSectorBytes) to.resize(begin + kSectorBytes);
    for (std::size_t i = begin; i < begin + kSectorBytes; ++i)
      to[i] = i < from.size() ? from[i] : std::byte{0};
  }

  const bool is_directory_;
  std::vector<std::byte> seen_;
  std::vector<std::byte> durable_;
  std::set<std::size_t> unsynced_sectors_;
  bool is_size_unsynced_ = false;
};

}  // namespace tidemill::testing
