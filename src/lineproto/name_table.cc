#include "lineproto/name_table.h"

#include <algorithm>
#include <cstring>

namespace tidemill::lineproto {

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
