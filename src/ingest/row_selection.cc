#include "ingest/row_selection.h"

#include <algorithm>
#include <utility>

namespace tidemill::ingest {
namespace {

using columnar::FieldColumn;
using columnar::RowBlock;
using columnar::TagColumn;

constexpr std::uint32_t kUnused = UINT32_MAX;

std::vector<std::uint32_t> KeptRows(std::span<const std::uint8_t> keep) {
  std::vector<std::uint32_t> rows;
  for (std::size_t row = 0; row < keep.size(); ++row) {
    if (keep[row] != 0) rows.push_back(static_cast<std::uint32_t>(row));
  }
  return rows;
}

FieldColumn Take(const FieldColumn& field, std::span<const std::uint32_t> rows) {
  FieldColumn taken;
  taken.column = field.column;
  taken.type = field.type;
  bool has_gap = false;
  for (const std::uint32_t row : rows) {
    has_gap = has_gap || !field.HasValue(row);
    taken.valid.push_back(field.HasValue(row) ? 1 : 0);
    if (field.type == model::DataType::kString) {
      taken.strings.Append(field.strings[row]);
    } else {
      taken.words.push_back(field.words[row]);
    }
  }
  if (!has_gap) taken.valid.clear();
  return taken;
}

bool HasAnyValue(const FieldColumn& field, std::span<const std::uint32_t> rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](std::uint32_t row) { return field.HasValue(row); });
}

// The old numbers of the series that rows use, in order of first use, and rows by new number.
std::vector<std::uint32_t> TakeSeries(const RowBlock& block, std::span<const std::uint32_t> rows,
                                      std::vector<std::uint32_t>& row_series) {
  std::vector<std::uint32_t> new_numbers(block.series_count, kUnused);
  std::vector<std::uint32_t> used;
  for (const std::uint32_t row : rows) {
    std::uint32_t& number = new_numbers[block.row_series[row]];
    if (number == kUnused) {
      number = static_cast<std::uint32_t>(used.size());
      used.push_back(block.row_series[row]);
    }
    row_series.push_back(number);
  }
  return used;
}

struct TakenTag {
  TagColumn column;
  std::vector<std::uint32_t> codes;  // of each series
};

TakenTag TakeTag(const RowBlock& block, std::size_t tag, std::span<const std::uint32_t> series) {
  TakenTag taken;
  taken.column.column = block.tags[tag].column;
  std::vector<std::uint32_t> new_codes(block.tags[tag].values.size() + 1, kUnused);
  new_codes[0] = 0;
  for (const std::uint32_t number : series) {
    const std::uint32_t code = block.Code(number, tag);
    if (new_codes[code] == kUnused) {
      taken.column.values.Append(block.tags[tag].values[code - 1]);
      new_codes[code] = static_cast<std::uint32_t>(taken.column.values.size());
    }
    taken.codes.push_back(new_codes[code]);
  }
  return taken;
}

}  // namespace

RowBlock SelectRows(const RowBlock& block, std::span<const std::uint8_t> keep) {
  const std::vector<std::uint32_t> rows = KeptRows(keep);
  RowBlock taken;
  for (const std::uint32_t row : rows) taken.times.push_back(block.times[row]);
  for (const FieldColumn& field : block.fields) {
    if (field.column != ColumnId() && HasAnyValue(field, rows))
      taken.fields.push_back(Take(field, rows));
  }
  const std::vector<std::uint32_t> series = TakeSeries(block, rows, taken.row_series);
  taken.series_count = static_cast<std::uint32_t>(series.size());
  std::vector<TakenTag> tags;
  for (std::size_t tag = 0; tag < block.tags.size(); ++tag) {
    if (block.tags[tag].column == ColumnId()) continue;
    TakenTag one = TakeTag(block, tag, series);
    if (one.column.values.size() > 0) tags.push_back(std::move(one));
  }
  for (std::size_t number = 0; number < series.size(); ++number) {
    for (const TakenTag& tag : tags) taken.series_codes.push_back(tag.codes[number]);
  }
  for (TakenTag& tag : tags) taken.tags.push_back(std::move(tag.column));
  return taken;
}

}  // namespace tidemill::ingest
