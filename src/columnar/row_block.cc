#include "columnar/row_block.h"

#include <algorithm>

#include "base/check.h"

namespace tidemill::columnar {
namespace {

using model::DataType;

bool IsConsistent(const StringColumn& column) {
  return std::is_sorted(column.ends.begin(), column.ends.end()) &&
         column.bytes.size() == (column.ends.empty() ? 0 : column.ends.back());
}

bool IsFieldType(DataType type) {
  switch (type) {
    case DataType::kString:
    case DataType::kInt64:
    case DataType::kUInt64:
    case DataType::kFloat64:
    case DataType::kBool: return true;
    case DataType::kTimestamp: return false;
  }
  return false;  // a number that is no type at all: decoded bytes
}

bool IsZeroWhereAbsent(const FieldColumn& field) {
  for (std::size_t row = 0; row < field.valid.size(); ++row) {
    if (field.valid[row] > 1) return false;
    if (field.valid[row] == 1) continue;
    if (field.type == DataType::kString ? !field.strings[row].empty() : field.words[row] != 0)
      return false;
  }
  return true;
}

bool IsConsistent(const FieldColumn& field, std::size_t rows) {
  if (!IsFieldType(field.type)) return false;
  if (!field.valid.empty() && field.valid.size() != rows) return false;
  const bool is_string = field.type == DataType::kString;
  if (field.strings.size() != (is_string ? rows : 0) || !IsConsistent(field.strings)) return false;
  if (field.words.size() != (is_string ? 0 : rows)) return false;
  if (field.type == DataType::kBool &&
      std::any_of(field.words.begin(), field.words.end(), [](auto word) { return word > 1; }))
    return false;
  return IsZeroWhereAbsent(field);
}

bool AreCodesConsistent(const RowBlock& block) {
  const std::size_t tags = block.tags.size();
  if (block.series_codes.size() != std::size_t{block.series_count} * tags) return false;
  for (std::size_t tag = 0; tag < tags; ++tag) {
    const std::size_t values = block.tags[tag].values.size();
    for (std::size_t at = tag; at < block.series_codes.size(); at += tags) {
      if (block.series_codes[at] > values) return false;
    }
  }
  return true;
}

StringColumn Filter(const StringColumn& column, const std::vector<std::uint8_t>& keep) {
  StringColumn kept;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (keep[row] != 0) kept.Append(column[row]);
  }
  return kept;
}

template <typename T>
std::vector<T> Filter(const std::vector<T>& values, const std::vector<std::uint8_t>& keep) {
  std::vector<T> kept;
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (keep[row] != 0) kept.push_back(values[row]);
  }
  return kept;
}

}  // namespace

bool IsConsistent(const RowBlock& block) {
  const std::size_t rows = block.rows();
  if (block.row_series.size() != rows) return false;
  if (!std::all_of(block.row_series.begin(), block.row_series.end(),
                   [&](std::uint32_t series) { return series < block.series_count; }))
    return false;
  return std::all_of(block.tags.begin(), block.tags.end(),
                     [](const TagColumn& tag) { return IsConsistent(tag.values); }) &&
         AreCodesConsistent(block) &&
         std::all_of(block.fields.begin(), block.fields.end(),
                     [&](const FieldColumn& field) { return IsConsistent(field, rows); });
}

RowBlock Filter(const RowBlock& block, const std::vector<std::uint8_t>& keep) {
  CHECK(keep.size() == block.rows());
  RowBlock kept;
  kept.tags = block.tags;
  kept.series_codes = block.series_codes;
  kept.series_count = block.series_count;
  kept.row_series = Filter(block.row_series, keep);
  kept.times = Filter(block.times, keep);
  for (const FieldColumn& field : block.fields) {
    kept.fields.push_back({.column = field.column,
                           .type = field.type,
                           .valid = Filter(field.valid, keep),
                           .words = Filter(field.words, keep),
                           .strings = Filter(field.strings, keep)});
  }
  return kept;
}

}  // namespace tidemill::columnar
