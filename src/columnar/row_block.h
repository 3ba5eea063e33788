// The rows of one table in one write, as columns: what the parser makes, the WAL stores, the buffer
// takes in and a trigger is given.
//
// Self-contained: tag values, series and rows are numbered inside the block only. Immutable once it
// is handed on (held by shared_ptr<const …>). Plain data, no locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "columnar/string_column.h"
#include "model/data_type.h"

namespace tidemill::columnar {

// One tag column: the distinct values that occur in the block, in order of first appearance.
struct TagColumn {
  ColumnId column;
  StringColumn values;
};

// One field column over all rows of the block. Numbers and booleans are 8-byte words in `words`
// (bit patterns of int64, uint64, double; 0 or 1), strings are in `strings`; the other one is
// empty. Rows without a value hold 0 or "" there and 0 in `valid`.
struct FieldColumn {
  ColumnId column;
  model::DataType type = model::DataType::kFloat64;
  std::vector<std::uint8_t> valid;  // one byte a row: 1 = has a value. Empty: every row has one
  std::vector<std::uint64_t> words;
  StringColumn strings;

  bool HasValue(std::size_t row) const { return valid.empty() || valid[row] != 0; }
};

struct RowBlock {
  std::vector<TagColumn> tags;  // in order of first appearance in the write
  // series_count * tags.size() codes, series by series: 0 = the tag is absent, k = tags[t].values[k
  // - 1].
  std::vector<std::uint32_t> series_codes;
  std::uint32_t series_count = 0;         // counted apart: a series may have no tags
  std::vector<std::uint32_t> row_series;  // the series of each row
  std::vector<std::int64_t> times;        // nanoseconds since the epoch
  std::vector<FieldColumn> fields;        // in order of first appearance

  std::size_t rows() const { return times.size(); }
  std::uint32_t Code(std::uint32_t series, std::size_t tag) const {
    return series_codes[series * tags.size() + tag];
  }
};

// Every size, code and number inside `block` agrees with the others: what is decoded from a disk or
// a worker is checked with this before use.
bool IsConsistent(const RowBlock& block);

// The rows of `block` for which `keep` is non-zero, in order; unused series and values stay.
RowBlock Filter(const RowBlock& block, const std::vector<std::uint8_t>& keep);

}  // namespace tidemill::columnar
