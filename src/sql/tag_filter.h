// Conditions on tags (host = 'a', host IN ('a', 'b')) as a yes or no per series.
//
// A condition is looked at once per dictionary value instead of once per row. Look and keep: the
// filters stay in the plan, so only conditions that are easy to understand are used.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.h"
#include "columnar/chunk.h"
#include "duckdb/planner/expression.hpp"

namespace tidemill::sql {

struct TagCondition {
  ColumnId tag;
  std::set<std::string, std::less<>> values;  // one of them
};

// `tag_of(table_index, column_index)`: which tag a column reference means, if any.
using TagOf = std::function<std::optional<ColumnId>(duckdb::idx_t table, duckdb::idx_t column)>;

std::vector<TagCondition> TagConditionsOf(
    const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters, const TagOf& tag_of);

// One byte for each of the first `series_count` series of the generation: 1 = every condition
// holds.
std::vector<std::uint8_t> SeriesThatMatch(const columnar::Generation& generation,
                                          const std::vector<std::uint32_t>& dictionary_sizes,
                                          std::uint32_t series_count,
                                          const std::vector<TagCondition>& conditions);

}  // namespace tidemill::sql
