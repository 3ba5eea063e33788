// Numbers that name things for ever: never reused, and one kind does not compile in place of
// another.
//
// Ids are given out by the catalog (databases, tables, columns, triggers) and stand in the WAL, the
// manifest and the file names.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace tidemill {

template <typename Tag>
class Id {
 public:
  constexpr Id() = default;  // 0: no such thing
  explicit constexpr Id(std::uint32_t value) : value_(value) {}
  auto operator<=>(const Id&) const = default;
  constexpr std::uint32_t value() const { return value_; }

 private:
  std::uint32_t value_ = 0;
};

using DatabaseId = Id<struct DatabaseTag>;
using TableId = Id<struct TableTag>;      // unique in the whole server, not only in its database
using ColumnId = Id<struct ColumnTag>;    // unique in its table
using TriggerId = Id<struct TriggerTag>;  // unique in the whole server

// The place of a write in the one order of all writes of this node. 0: before every write.
using Sequence = std::uint64_t;

}  // namespace tidemill

template <typename Tag>
struct std::hash<tidemill::Id<Tag>> {
  std::size_t operator()(tidemill::Id<Tag> id) const noexcept {
    return std::hash<std::uint32_t>{}(id.value());
  }
};
