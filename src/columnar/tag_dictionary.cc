#include "columnar/tag_dictionary.h"

#include <functional>
#include <utility>

namespace tidemill::columnar {
namespace {

constexpr std::size_t kFirstSlots = 16;

std::uint32_t HashOf(std::string_view value) {
  const std::size_t hash = std::hash<std::string_view>{}(value);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

}  // namespace

std::uint32_t TagDictionary::Intern(std::string_view value) {
  if ((size_ + 1) * std::size_t{2} > slots_.size()) Grow();
  const std::uint32_t hash = HashOf(value);
  Slot& slot = slots_[FindSlot(value, hash)];
  if (slot.code != 0) return slot.code;
  values_.Append(arena_.Store(value));
  slot = {hash, ++size_};
  memory_bytes_.store(
      values_.memory_bytes() + arena_.memory_bytes() + slots_.capacity() * sizeof(Slot),
      std::memory_order_relaxed);
  return slot.code;
}

std::uint32_t TagDictionary::Find(std::string_view value) const {
  return slots_.empty() ? 0 : slots_[FindSlot(value, HashOf(value))].code;
}

std::size_t TagDictionary::FindSlot(std::string_view value, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].code != 0) {
    if (slots_[at].hash == hash && Value(slots_[at].code) == value) return at;
    at = (at + 1) & mask;
  }
  return at;
}

void TagDictionary::Grow() {
  std::vector<Slot> larger(slots_.empty() ? kFirstSlots : slots_.size() * 2);
  const std::size_t mask = larger.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.code == 0) continue;
    std::size_t at = slot.hash & mask;
    while (larger[at].code != 0) at = (at + 1) & mask;
    larger[at] = slot;
  }
  slots_ = std::move(larger);
}

}  // namespace tidemill::columnar
