// The series that a body has shown so far, found by the bytes of "measurement,tags" as they stand.
//
// A line whose bytes are known needs no reading of its tags. Two spellings of one series (tags in
// another order, needless escapes) are two entries.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lineproto/hash.h"

namespace tidemill::lineproto {

struct KnownSeries {
  std::string_view key;  // in the body
  std::uint64_t hash = 0;
  std::uint32_t table = 0;   // which builder
  std::uint32_t series = 0;  // its number there
};

class SeriesIndex {
 public:
  explicit SeriesIndex(const TextHash& hash) : hash_(hash), slots_(kFirstSlots) {}

  std::uint64_t Hash(std::string_view key) const { return hash_(key); }
  // nullptr: not seen yet.
  const KnownSeries* Find(std::string_view key, std::uint64_t hash) const;
  // For a key that Find did not find.
  void Add(const KnownSeries& series);

 private:
  static constexpr std::size_t kFirstSlots = 16;
  struct Slot {
    std::uint32_t hash = 0;    // upper half; the lower one chose the slot
    std::uint32_t number = 0;  // of the entry, plus one; 0: free
  };

  void Place(std::uint64_t hash, std::uint32_t number);

  const TextHash hash_;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
  std::vector<KnownSeries> known_;
};

}  // namespace tidemill::lineproto
