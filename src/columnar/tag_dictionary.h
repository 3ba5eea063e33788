// The values of one tag of one table: append-only, with a prefix that readers see without a lock.
//
// One writer (the table's buffer, in the WAL committer's thread); any number of readers, each with
// the size it was given in its TableVersion. Codes begin at 1; 0 is NULL. A dictionary belongs to a
// generation of its table and lives while a version holds it (contracts C.3).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "columnar/arena.h"
#include "columnar/stable_vector.h"

namespace tidemill::columnar {

class TagDictionary {
 public:
  // Writer: the code of `value`, given one if it is new.
  std::uint32_t Intern(std::string_view value);
  // Writer: 0 if it is not there.
  std::uint32_t Find(std::string_view value) const;
  // Writer's own count; readers use the one in their version.
  std::uint32_t size() const { return size_; }

  // Any thread, for codes up to a size the reader was given.
  std::string_view Value(std::uint32_t code) const { return values_.Get(code - 1); }
  std::size_t memory_bytes() const { return memory_bytes_.load(std::memory_order_relaxed); }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t code = 0;  // 0: free
  };

  // The slot that holds `value`, or the free one where it belongs. There is always a free one.
  std::size_t FindSlot(std::string_view value, std::uint32_t hash) const;
  void Grow();

  StableVector<std::string_view> values_;  // of code k at k - 1
  Arena arena_;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most half full; writer only
  std::uint32_t size_ = 0;
  std::atomic<std::size_t> memory_bytes_ = 0;
};

}  // namespace tidemill::columnar
