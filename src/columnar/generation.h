// The series of one table over one stretch of time: its tag dictionaries, and per series a row of
// codes.
//
// Series numbers exist in memory only; they never reach the WAL, Parquet, the manifest or a
// protocol (contracts C.1). A flush, or a new tag column, starts the next generation; the old one
// lives while a chunk that points into it does. One writer; readers see a stable prefix without a
// lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/ids.h"
#include "columnar/stable_vector.h"
#include "columnar/tag_dictionary.h"

namespace tidemill::columnar {

class Generation {
 public:
  // `tags`: the table's tag columns in creation order; fixed for the life of the generation.
  // `epoch`: told apart from every other generation of the process (dictionary ids use it).
  Generation(std::uint64_t epoch, std::vector<ColumnId> tags);

  std::uint64_t epoch() const { return epoch_; }
  const std::vector<ColumnId>& tags() const { return tags_; }
  const TagDictionary& dictionary(std::size_t tag) const { return *dictionaries_[tag]; }

  // Writer.
  TagDictionary& writable_dictionary(std::size_t tag) { return *dictionaries_[tag]; }
  // The series with these codes (one per tag, 0 = absent), given a number if it is new.
  std::uint32_t InternSeries(std::span<const std::uint32_t> codes);
  std::uint32_t series_count() const { return series_count_; }
  // The newest time written to a series, for the may_overwrite flag; writer only. `kNoTime`: none
  // yet.
  static constexpr std::int64_t kNoTime = INT64_MIN;
  std::int64_t last_time(std::uint32_t series) const { return last_times_[series]; }
  void set_last_time(std::uint32_t series, std::int64_t time) { last_times_[series] = time; }

  // Any thread, for series up to a count the reader was given.
  std::uint32_t Code(std::uint32_t series, std::size_t tag) const {
    return codes_.Get(series * tags_.size() + tag);
  }
  // out[i] = code of tag `tag` of series[i].
  void GatherCodes(std::size_t tag, std::span<const std::uint32_t> series,
                   std::uint32_t* out) const;
  std::size_t memory_bytes() const;

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t series = kFree;
  };
  static constexpr std::uint32_t kFree = UINT32_MAX;

  bool Equal(std::uint32_t series, std::span<const std::uint32_t> codes) const;
  // The slot that holds the series, or the free one where it belongs. There is always a free one.
  std::size_t FindSlot(std::span<const std::uint32_t> codes, std::uint32_t hash) const;
  void Grow();
  void CountMemory();

  const std::uint64_t epoch_;
  const std::vector<ColumnId> tags_;
  std::vector<std::unique_ptr<TagDictionary>> dictionaries_;
  // By series, then tag: finding a series compares codes that are neighbours.
  StableVector<std::uint32_t> codes_;
  std::vector<std::int64_t> last_times_;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
  std::uint32_t series_count_ = 0;
  std::atomic<std::size_t> memory_bytes_ = 0;  // without the dictionaries
};

}  // namespace tidemill::columnar
