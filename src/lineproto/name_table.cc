#include "lineproto/name_table.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tidemill::lineproto {
namespace {

constexpr std::size_t kHeadBytes = 16;

bool HeadMatches([[maybe_unused]] const char* head, [[maybe_unused]] std::uint32_t mask,
                 [[maybe_unused]] const char* at) {
#if defined(__SSE2__)
  const __m128i equal = _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)),
                                       _mm_load_si128(reinterpret_cast<const __m128i*>(head)));
  return (static_cast<std::uint32_t>(_mm_movemask_epi8(equal)) & mask) == mask;
#else
  return true;
#endif
}

}  // namespace

std::uint32_t NameTable::Guess(std::size_t place, const char* at, const char* end) const {
  if (place >= places_.size()) return kNone;
  const std::uint32_t id = places_[place];
  const Name& name = names_[id];
  const auto left = static_cast<std::size_t>(end - at);
  if (left >= kHeadBytes) {
    if (!HeadMatches(name.head, name.head_mask, at)) return kNone;
#if defined(__SSE2__)
    if (name.key_bytes <= kHeadBytes) return id;
#endif
  }
  if (left < name.key_bytes) return kNone;
  return std::memcmp(at, name.key, name.key_bytes) == 0 ? id : kNone;
}

std::uint32_t NameTable::Intern(std::size_t place, const Token& key) {
  const std::string unescaped = key.has_escape ? Unescape(NameKind::kKey, key.raw) : std::string();
  const std::string_view name = key.has_escape ? std::string_view(unescaped) : key.raw;
  const auto found = by_name_.find(name);
  const std::uint32_t id = found != by_name_.end() ? found->second : Add(name, key);
  // A line may have more names than the table remembered; places fill up one by one.
  if (place < places_.size()) {
    places_[place] = id;
  } else if (place == places_.size()) {
    places_.push_back(id);
  }
  return id;
}

std::uint32_t NameTable::Add(std::string_view name, const Token& key) {
  Name added{};
  added.key = key.raw.data();
  added.key_bytes = static_cast<std::uint32_t>(key.raw.size() + 1);
  const std::size_t head = std::min<std::size_t>(kHeadBytes, added.key_bytes);
  std::memcpy(added.head, added.key, head);
  added.head_mask = (1U << head) - 1;
  added.name = key.has_escape ? unescaped_.Store(name) : name;
  const auto id = static_cast<std::uint32_t>(names_.size());
  names_.push_back(added);
  by_name_.emplace(added.name, id);
  return id;
}

}  // namespace tidemill::lineproto
