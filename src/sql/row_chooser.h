// Which rows of a chunk a scan gives out: those in the time range, of series that match.
//
// All filters stay in the plan as well, so what is given out may be more than is asked for; less it
// may never be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "columnar/chunk.h"
#include "duckdb/common/types/selection_vector.hpp"
#include "duckdb/planner/filter/dynamic_filter.hpp"
#include "sql/tag_filter.h"
#include "sql/time_range.h"

namespace tidemill::sql {

// The bound of ORDER BY time LIMIT n: it moves while the query runs, as better rows are found.
struct MovingBound {
  duckdb::shared_ptr<duckdb::DynamicFilterData> data;
  bool newest_first = false;

  TimeRange Current() const;
};

class RowChooser {
 public:
  RowChooser(TimeRange times, std::optional<MovingBound> bound, std::vector<TagCondition> tags)
      : times_(times), bound_(std::move(bound)), tags_(std::move(tags)) {}

  const std::optional<MovingBound>& bound() const { return bound_; }
  // Before scanning: a slice that will be asked about.
  void Prepare(const columnar::ChunkSlice& slice);
  // No row of it is wanted any more.
  bool CanSkip(const columnar::ChunkSlice& slice) const;
  // How many of the rows [begin, begin + count) are wanted; their places after `begin` in `chosen`
  // unless all or none are.
  std::size_t Choose(const columnar::ChunkSlice& slice, std::size_t begin, std::size_t count,
                     duckdb::SelectionVector& chosen) const;

 private:
  struct SeriesMatches {
    std::vector<std::uint8_t> by_series;
    bool has_any = false;
  };
  const SeriesMatches& MatchesOf(const columnar::ChunkSlice& slice) const;

  TimeRange CurrentTimes() const;

  const TimeRange times_;
  const std::optional<MovingBound> bound_;
  const std::vector<TagCondition> tags_;
  std::map<const columnar::Generation*, SeriesMatches> matches_;
};

}  // namespace tidemill::sql
