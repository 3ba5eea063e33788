// The values of one tag of one table: append-only, with a prefix that readers see without a lock.
//
// One writer (the table's buffer, in the WAL committer's thread); any number of readers, each with
// the size it was given in its TableVersion. Codes begin at 1; 0 is NULL. A dictionary belongs to a
// generation of its table and lives while a version holds it (contracts C.3).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tidemill::columnar {

class TagDictionary {
 public:
  TagDictionary();
  ~TagDictionary();

  // Writer: the code of `value`, given one if it is new.
  std::uint32_t Intern(std::string_view value);
  // Writer: 0 if it is not there.
  std::uint32_t Find(std::string_view value) const;
  // Writer's own count; readers use the one in their version.
  std::uint32_t size() const { return size_; }

  // Any thread, for codes up to a size the reader was given.
  std::string_view Value(std::uint32_t code) const;
  std::size_t memory_bytes() const { return memory_bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t kChunkBits = 12;
  static constexpr std::uint32_t kChunkSize = 1U << kChunkBits;
  static constexpr std::uint32_t kChunksMax = 1U << 16;

  std::string_view Store(std::string_view value);

  // Chunks of views never move; the table of chunks is allocated in blocks reached by atomics.
  struct Chunk;
  std::unique_ptr<std::atomic<Chunk*>[]> chunks_;
  std::vector<std::unique_ptr<char[]>> arenas_;
  std::size_t arena_used_ = 0;
  std::size_t arena_size_ = 0;
  std::unordered_map<std::string_view, std::uint32_t> index_;
  std::uint32_t size_ = 0;
  std::atomic<std::size_t> memory_bytes_ = 0;
};

}  // namespace tidemill::columnar
