#include "lineproto/series_index.h"

#include <cstddef>

namespace tidemill::lineproto {

const KnownSeries* SeriesIndex::Find(std::string_view key, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  const auto upper = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t at = hash & mask; slots_[at].number != 0; at = (at + 1) & mask) {
    if (slots_[at].hash != upper) continue;
    const KnownSeries& series = known_[slots_[at].number - 1];
    if (series.key == key) return &series;
  }
  return nullptr;
}

void SeriesIndex::Add(const KnownSeries& series) {
  known_.push_back(series);
  if (known_.size() * 2 <= slots_.size()) {
    Place(series.hash, static_cast<std::uint32_t>(known_.size()));
    return;
  }
  slots_.assign(slots_.size() * 2, {});
  for (std::size_t i = 0; i < known_.size(); ++i) {
    Place(known_[i].hash, static_cast<std::uint32_t>(i + 1));
  }
}

void SeriesIndex::Place(std::uint64_t hash, std::uint32_t number) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].number != 0) at = (at + 1) & mask;
  slots_[at] = {static_cast<std::uint32_t>(hash >> 32), number};
}

}  // namespace tidemill::lineproto
