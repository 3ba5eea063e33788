#include "columnar/row_order.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

namespace tidemill::columnar {
namespace {

// A generation that some slice points into, as far as the slices know it.
struct Source {
  const Generation* generation = nullptr;
  std::uint32_t series_count = 0;
  std::vector<std::uint32_t> dictionary_sizes;
  std::uint32_t series_begin = 0;  // its first series among those of all sources
};

struct SeriesRef {
  std::uint32_t source = 0;
  std::uint32_t series = 0;
};

std::vector<Source> SourcesOf(std::span<const ChunkSlice> slices,
                              std::vector<std::uint32_t>& source_of_slice) {
  std::vector<Source> sources;
  for (const ChunkSlice& slice : slices) {
    const Generation* generation = &slice.chunk->generation();
    auto source = std::find_if(sources.begin(), sources.end(),
                               [&](const Source& known) { return known.generation == generation; });
    if (source == sources.end()) {
      sources.push_back({generation, 0, std::vector<std::uint32_t>(generation->tags().size()), 0});
      source = std::prev(sources.end());
    }
    source->series_count = std::max(source->series_count, slice.series_count);
    for (std::size_t tag = 0; tag < source->dictionary_sizes.size(); ++tag) {
      source->dictionary_sizes[tag] =
          std::max(source->dictionary_sizes[tag], slice.dictionary_sizes[tag]);
    }
    source_of_slice.push_back(static_cast<std::uint32_t>(source - sources.begin()));
  }
  std::uint32_t begin = 0;
  for (Source& source : sources) {
    source.series_begin = begin;
    begin += source.series_count;
  }
  return sources;
}

// Ranks of one tag's values over all sources: 0 is NULL, equal values share a rank.
class TagRanks {
 public:
  TagRanks(std::span<const Source> sources, ColumnId tag) {
    struct Value {
      std::string_view text;
      std::uint32_t source;
      std::uint32_t code;
    };
    std::vector<Value> values;
    for (std::uint32_t s = 0; s < sources.size(); ++s) {
      const auto& tags = sources[s].generation->tags();
      const auto found = std::find(tags.begin(), tags.end(), tag);
      places_.push_back(found == tags.end() ? kAbsent
                                            : static_cast<std::size_t>(found - tags.begin()));
      ranks_.emplace_back();
      if (found == tags.end()) continue;
      const std::uint32_t size = sources[s].dictionary_sizes[places_[s]];
      ranks_[s].resize(size + 1, 0);
      for (std::uint32_t code = 1; code <= size; ++code) {
        values.push_back({sources[s].generation->dictionary(places_[s]).Value(code), s, code});
      }
    }
    std::sort(values.begin(), values.end(),
              [](const Value& a, const Value& b) { return a.text < b.text; });
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i == 0 || values[i].text != values[i - 1].text) ++max_;
      ranks_[values[i].source][values[i].code] = max_;
    }
  }

  std::uint32_t max() const { return max_; }
  std::uint32_t Of(const Source& source, const SeriesRef& ref) const {
    const std::size_t place = places_[ref.source];
    return place == kAbsent ? 0 : ranks_[ref.source][source.generation->Code(ref.series, place)];
  }

 private:
  static constexpr std::size_t kAbsent = SIZE_MAX;
  std::vector<std::size_t> places_;                // of the tag in each source
  std::vector<std::vector<std::uint32_t>> ranks_;  // by source, then code
  std::uint32_t max_ = 0;
};

// For each series of all sources, its place in the order; series that are the same in two sources
// have the same place. A counting sort per tag, the last tag first: stable passes add up to the
// order of the tuples.
class SeriesOrder {
 public:
  SeriesOrder(std::span<const Source> sources, std::span<const ColumnId> tags) {
    for (std::uint32_t s = 0; s < sources.size(); ++s) {
      for (std::uint32_t series = 0; series < sources[s].series_count; ++series) {
        refs_.push_back({s, series});
      }
    }
    by_order_.resize(refs_.size());
    std::iota(by_order_.begin(), by_order_.end(), 0U);
    same_as_previous_.assign(refs_.size(), true);
    std::vector<std::vector<std::uint32_t>> ranks_by_tag;
    for (std::size_t i = tags.size(); i-- > 0;) {
      ranks_by_tag.push_back(SortBy(TagRanks(sources, tags[i]), sources));
    }
    for (const auto& ranks : ranks_by_tag) MarkDifferent(ranks);
    Number();
  }

  std::uint32_t series_count() const { return count_; }
  std::uint32_t Place(std::size_t series) const { return places_[series]; }

 private:
  // Returns the rank of each series.
  std::vector<std::uint32_t> SortBy(const TagRanks& tag, std::span<const Source> sources) {
    std::vector<std::uint32_t> ranks(refs_.size());
    std::vector<std::uint32_t> begins(tag.max() + std::size_t{2});
    for (std::size_t i = 0; i < refs_.size(); ++i) {
      ranks[i] = tag.Of(sources[refs_[i].source], refs_[i]);
      ++begins[ranks[i] + std::size_t{1}];
    }
    std::partial_sum(begins.begin(), begins.end(), begins.begin());
    std::vector<std::uint32_t> next(by_order_.size());
    for (const std::uint32_t index : by_order_) next[begins[ranks[index]]++] = index;
    by_order_ = std::move(next);
    return ranks;
  }
  void MarkDifferent(const std::vector<std::uint32_t>& ranks) {
    for (std::size_t i = 1; i < by_order_.size(); ++i) {
      if (ranks[by_order_[i]] != ranks[by_order_[i - 1]]) same_as_previous_[i] = false;
    }
  }
  void Number() {
    places_.resize(refs_.size());
    for (std::size_t i = 0; i < by_order_.size(); ++i) {
      if (i == 0 || !same_as_previous_[i]) ++count_;
      places_[by_order_[i]] = count_ - 1;
    }
  }

  std::vector<SeriesRef> refs_;
  std::vector<std::uint32_t> by_order_;
  std::vector<bool> same_as_previous_;
  std::vector<std::uint32_t> places_;
  std::uint32_t count_ = 0;
};

bool EarlierTime(const RowRef& a, const RowRef& b) { return a.time < b.time; }

}  // namespace

std::vector<RowRef> AllRows(std::span<const ChunkSlice> slices) {
  std::vector<RowRef> rows;
  for (std::uint32_t slice = 0; slice < slices.size(); ++slice) {
    const std::int64_t* times = slices[slice].chunk->times();
    for (std::uint32_t row = 0; row < slices[slice].rows; ++row) {
      rows.push_back({times[row], slice, row});
    }
  }
  return rows;
}

std::vector<RowRef> OrderRows(std::span<const ChunkSlice> slices, std::span<const ColumnId> tags,
                              std::span<const RowRef> rows) {
  std::vector<std::uint32_t> source_of_slice;
  const std::vector<Source> sources = SourcesOf(slices, source_of_slice);
  const SeriesOrder order(sources, tags);

  // Where each series begins among the rows, then the rows at their places in order of arrival.
  const auto place_of = [&](const RowRef& ref) {
    return order.Place(sources[source_of_slice[ref.chunk]].series_begin +
                       std::size_t{slices[ref.chunk].chunk->series()[ref.row]});
  };
  std::vector<std::size_t> begins(order.series_count() + std::size_t{1});
  for (const RowRef& ref : rows) ++begins[place_of(ref) + std::size_t{1}];
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  std::vector<RowRef> ordered(rows.size());
  std::vector<std::size_t> next(begins.begin(), begins.end() - 1);
  for (const RowRef& ref : rows) ordered[next[place_of(ref)]++] = ref;
  // Most series arrive in order of time.
  for (std::size_t series = 0; series < order.series_count(); ++series) {
    const auto begin = ordered.begin() + static_cast<std::ptrdiff_t>(begins[series]);
    const auto end = ordered.begin() + static_cast<std::ptrdiff_t>(begins[series + 1]);
    if (!std::is_sorted(begin, end, EarlierTime)) std::stable_sort(begin, end, EarlierTime);
  }
  return ordered;
}

}  // namespace tidemill::columnar
