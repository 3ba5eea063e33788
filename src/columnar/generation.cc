#include "columnar/generation.h"

#include <utility>

#include "base/check.h"

namespace tidemill::columnar {
namespace {

constexpr std::size_t kFirstSlots = 16;

// Codes are small dense numbers, so every bit of the product is folded back in.
std::uint32_t HashOf(std::span<const std::uint32_t> codes) {
  std::uint64_t hash = 0x9e3779b97f4a7c15;
  for (const std::uint32_t code : codes) {
    hash = (hash ^ code) * 0xff51afd7ed558ccd;
    hash ^= hash >> 32;
  }
  return static_cast<std::uint32_t>(hash);
}

}  // namespace

Generation::Generation(std::uint64_t epoch, std::vector<ColumnId> tags)
    : epoch_(epoch), tags_(std::move(tags)) {
  for (std::size_t tag = 0; tag < tags_.size(); ++tag) {
    dictionaries_.push_back(std::make_unique<TagDictionary>());
  }
  Grow();
  CountMemory();
}

std::uint32_t Generation::InternSeries(std::span<const std::uint32_t> codes) {
  CHECK(codes.size() == tags_.size());
  if ((series_count_ + std::size_t{1}) * 2 > slots_.size()) Grow();
  const std::uint32_t hash = HashOf(codes);
  Slot& slot = slots_[FindSlot(codes, hash)];
  if (slot.series != kFree) return slot.series;
  slot = {hash, series_count_};
  for (const std::uint32_t code : codes) codes_.Append(code);
  last_times_.push_back(kNoTime);
  CountMemory();
  return series_count_++;
}

void Generation::GatherCodes(std::size_t tag, std::span<const std::uint32_t> series,
                             std::uint32_t* out) const {
  for (std::size_t i = 0; i < series.size(); ++i) out[i] = Code(series[i], tag);
}

std::size_t Generation::memory_bytes() const {
  std::size_t bytes = memory_bytes_.load(std::memory_order_relaxed);
  for (const auto& dictionary : dictionaries_) bytes += dictionary->memory_bytes();
  return bytes;
}

bool Generation::Equal(std::uint32_t series, std::span<const std::uint32_t> codes) const {
  for (std::size_t tag = 0; tag < codes.size(); ++tag) {
    if (Code(series, tag) != codes[tag]) return false;
  }
  return true;
}

std::size_t Generation::FindSlot(std::span<const std::uint32_t> codes, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].series != kFree) {
    if (slots_[at].hash == hash && Equal(slots_[at].series, codes)) return at;
    at = (at + 1) & mask;
  }
  return at;
}

void Generation::Grow() {
  std::vector<Slot> larger(slots_.empty() ? kFirstSlots : slots_.size() * 2);
  const std::size_t mask = larger.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.series == kFree) continue;
    std::size_t at = slot.hash & mask;
    while (larger[at].series != kFree) at = (at + 1) & mask;
    larger[at] = slot;
  }
  slots_ = std::move(larger);
}

void Generation::CountMemory() {
  memory_bytes_.store(slots_.capacity() * sizeof(Slot) +
                          last_times_.capacity() * sizeof(std::int64_t) + codes_.memory_bytes(),
                      std::memory_order_relaxed);
}

}  // namespace tidemill::columnar
