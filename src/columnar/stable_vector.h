// An append-only vector whose elements never move: one writer appends, readers index what they were
// told exists, without a lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/check.h"

namespace tidemill::columnar {

// Blocks double in size (16, 16, 32, 64 …), so a short vector is small and the table of blocks is
// fixed.
template <typename T>
class StableVector {
 public:
  StableVector() = default;
  ~StableVector() {
    for (auto& block : blocks_) delete[] block.load(std::memory_order_relaxed);
  }
  StableVector(const StableVector&) = delete;
  StableVector& operator=(const StableVector&) = delete;

  void Append(T value) {
    const Place place = Find(size_);
    T* block = blocks_[place.block].load(std::memory_order_relaxed);
    if (block == nullptr) {
      block = new T[place.block_size];  // not cleared: nobody reads ahead of what was appended
      blocks_[place.block].store(block, std::memory_order_release);
      memory_bytes_ += place.block_size * sizeof(T);
    }
    block[place.offset] = value;
    ++size_;
  }
  const T& Get(std::size_t index) const {
    const Place place = Find(index);
    return blocks_[place.block].load(std::memory_order_acquire)[place.offset];
  }
  std::size_t size() const { return size_; }                  // writer's own
  std::size_t memory_bytes() const { return memory_bytes_; }  // writer's own

 private:
  static constexpr std::size_t kFirstBits = 4;
  static constexpr std::size_t kBlocks = 33;
  struct Place {
    std::size_t block;
    std::size_t offset;
    std::size_t block_size;
  };
  static Place Find(std::size_t index) {
    if (index < (1U << kFirstBits)) return {0, index, 1U << kFirstBits};
    const auto bits = static_cast<std::size_t>(63 - __builtin_clzll(index));
    return {bits - kFirstBits + 1, index - (std::size_t{1} << bits), std::size_t{1} << bits};
  }

  std::atomic<T*> blocks_[kBlocks] = {};
  std::size_t size_ = 0;
  std::size_t memory_bytes_ = 0;
};

}  // namespace tidemill::columnar
