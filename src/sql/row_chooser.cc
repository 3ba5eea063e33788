#include "sql/row_chooser.h"

#include <algorithm>

namespace tidemill::sql {
namespace {

using columnar::ChunkSlice;

constexpr std::size_t kRowsMax = STANDARD_VECTOR_SIZE;

// keep[i] = 1 where the time is in the range.
void KeepTimes(const std::int64_t* times, std::size_t count, const TimeRange& range,
               std::uint8_t* keep) {
  for (std::size_t i = 0; i < count; ++i) {
    keep[i] = static_cast<std::uint8_t>(times[i] >= range.min) &
              static_cast<std::uint8_t>(times[i] <= range.max);
  }
}

}  // namespace

TimeRange MovingBound::Current() const {
  const duckdb::lock_guard<duckdb::mutex> lock(data->lock);
  if (!data->initialized) return {};
  const duckdb::Value time =
      data->filter->constant.DefaultCastAs(duckdb::LogicalType::TIMESTAMP_NS);
  return RangeOfComparison(data->filter->comparison_type,
                           duckdb::TimestampNSValue::Get(time).value);
}

TimeRange RowChooser::CurrentTimes() const {
  TimeRange times = times_;
  if (bound_) times.Intersect(bound_->Current());
  return times;
}

const RowChooser::SeriesMatches& RowChooser::MatchesOf(const ChunkSlice& slice) const {
  return matches_.at(&slice.chunk->generation());
}

void RowChooser::Prepare(const ChunkSlice& slice) {
  if (tags_.empty()) return;
  SeriesMatches& matches = matches_[&slice.chunk->generation()];
  if (matches.by_series.size() >= slice.series_count && slice.series_count > 0) return;
  matches.by_series =
      SeriesThatMatch(slice.chunk->generation(), slice.dictionary_sizes, slice.series_count, tags_);
  matches.has_any = std::ranges::find(matches.by_series, 1) != matches.by_series.end();
}

bool RowChooser::CanSkip(const ChunkSlice& slice) const {
  if (!CurrentTimes().Overlaps(slice.min_time, slice.max_time)) return true;
  return !tags_.empty() && !MatchesOf(slice).has_any;
}

std::size_t RowChooser::Choose(const ChunkSlice& slice, std::size_t begin, std::size_t count,
                               duckdb::SelectionVector& chosen) const {
  const TimeRange range = CurrentTimes();
  if (range.Contains(slice.min_time, slice.max_time) && tags_.empty()) return count;

  std::uint8_t keep[kRowsMax];
  KeepTimes(slice.chunk->times() + begin, count, range, keep);
  if (!tags_.empty()) {
    const std::uint8_t* matches = MatchesOf(slice).by_series.data();
    const std::uint32_t* series = slice.chunk->series() + begin;
    for (std::size_t i = 0; i < count; ++i) keep[i] &= matches[series[i]];
  }
  std::size_t wanted = 0;
  for (std::size_t i = 0; i < count; ++i) wanted += keep[i];
  if (wanted == 0 || wanted == count) return wanted;
  chosen.Initialize(count);
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    chosen.set_index(at, i);
    at += keep[i];
  }
  return wanted;
}

}  // namespace tidemill::sql
