#include "lineproto/table_builder.h"

#include <algorithm>
#include <utility>

namespace tidemill::lineproto {
namespace {

using columnar::FieldColumn;
using columnar::RowBlock;
using columnar::StringColumn;
using model::DataType;

std::size_t SizeOf(const FieldColumn& field) {
  return field.type == DataType::kString ? field.strings.size() : field.words.size();
}

// Rows without a value up to `rows`.
void PadTo(FieldColumn& field, std::size_t rows) {
  const std::size_t size = SizeOf(field);
  if (size == rows) return;
  if (field.valid.empty()) field.valid.assign(size, 1);
  field.valid.resize(rows, 0);
  if (field.type == DataType::kString) {
    field.strings.ends.resize(rows, static_cast<std::uint32_t>(field.strings.bytes.size()));
  } else {
    field.words.resize(rows, 0);
  }
}

void AppendText(StringColumn& column, const LineField& field) {
  if (!field.has_escape) {
    column.Append(field.text);
    return;
  }
  AppendUnescapedString(field.text, column.bytes);
  column.ends.push_back(static_cast<std::uint32_t>(column.bytes.size()));
}

}  // namespace

TableBuilder::TableBuilder(std::string_view name, const TextHash& hash)
    : hash_(hash), tag_names_(hash), field_names_(hash) {
  table_.name = name;
}

void TableBuilder::ExpectRows(std::size_t rows) {
  rows_expected_ = rows;
  table_.rows.times.reserve(rows);
  table_.rows.row_series.reserve(rows);
  table_.line_numbers.reserve(rows);
  table_.line_offsets.reserve(rows);
}

std::size_t TableBuilder::cells() const {
  const RowBlock& block = table_.rows;
  return block.rows() * block.fields.size() + block.series_count * block.tags.size();
}

std::size_t TableBuilder::CellsWith(std::size_t new_tags, std::size_t new_fields) const {
  const RowBlock& block = table_.rows;
  return (block.rows() + 1) * (block.fields.size() + new_fields) +
         (block.series_count + std::size_t{1}) * (block.tags.size() + new_tags);
}

std::uint32_t TableBuilder::AddSeries(std::span<const LineTag> tags) {
  RowBlock& block = table_.rows;
  std::string unescaped;
  const std::size_t known_tags = block.tags.size();
  for (const LineTag& tag : tags) TagColumnOf(tag.name);
  if (block.tags.size() > known_tags) WidenSeriesCodes();
  block.series_codes.resize(block.series_codes.size() + codes_stride_, 0);
  std::uint32_t* const codes = block.series_codes.data() + block.series_count * codes_stride_;
  for (const LineTag& tag : tags) {
    std::string_view value = tag.value.raw;
    if (tag.value.has_escape) {
      unescaped = Unescape(NameKind::kTagValue, value);
      value = unescaped;
    }
    const std::uint32_t column = tag_columns_[tag.name];
    codes[column] = InternValue(column, value);
  }
  return block.series_count++;
}

void TableBuilder::AddRow(std::uint32_t series, std::span<const LineField> fields,
                          std::int64_t time, LinePlace line) {
  const std::size_t row = rows();
  for (const LineField& field : fields) {
    const std::uint32_t index =
        field.column != kNoColumn ? field.column : AddFieldColumn(field.name, field.type);
    FieldColumn& column = table_.rows.fields[index];
    PadTo(column, row);
    if (field.type == DataType::kString) {
      AppendText(column.strings, field);
    } else {
      column.words.push_back(field.word);
    }
    if (!column.valid.empty()) column.valid.push_back(1);
  }
  table_.rows.times.push_back(time);
  table_.rows.row_series.push_back(series);
  table_.line_numbers.push_back(line.number);
  table_.line_offsets.push_back(line.offset);
}

ParsedTable TableBuilder::Finish() {
  RowBlock& block = table_.rows;
  for (FieldColumn& field : block.fields) PadTo(field, block.rows());
  const std::size_t tags = block.tags.size();
  if (tags < codes_stride_) {  // close the gaps that were left for more tags
    for (std::size_t series = 1; series < block.series_count; ++series) {
      std::copy_n(block.series_codes.data() + series * codes_stride_, tags,
                  block.series_codes.data() + series * tags);
    }
    block.series_codes.resize(block.series_count * tags);
  }
  return std::move(table_);
}

std::uint32_t TableBuilder::TagColumnOf(std::uint32_t name) {
  if (name >= tag_columns_.size()) tag_columns_.resize(tag_names_.size(), kNoColumn);
  if (tag_columns_[name] == kNoColumn) {
    tag_columns_[name] = static_cast<std::uint32_t>(table_.rows.tags.size());
    table_.rows.tags.emplace_back();
    table_.tag_names.emplace_back(tag_names_.name(name));
    value_indexes_.emplace_back();
  }
  return tag_columns_[name];
}

std::uint32_t TableBuilder::AddFieldColumn(std::uint32_t name, DataType type) {
  if (name >= field_columns_.size()) {
    std::array<std::uint32_t, kFieldTypes> none;
    none.fill(kNoColumn);
    field_columns_.resize(field_names_.size(), none);
  }
  const auto column = static_cast<std::uint32_t>(table_.rows.fields.size());
  field_columns_[name][static_cast<std::size_t>(type)] = column;
  FieldColumn& added = table_.rows.fields.emplace_back();
  added.type = type;
  if (type != DataType::kString) added.words.reserve(rows_expected_);
  table_.field_names.emplace_back(field_names_.name(name));
  return column;
}

std::uint32_t TableBuilder::InternValue(std::uint32_t column, std::string_view value) {
  StringColumn& values = table_.rows.tags[column].values;
  ValueIndex& index = value_indexes_[column];
  if ((values.size() + 1) * 2 > index.size()) Grow(index);
  const auto hash = static_cast<std::uint32_t>(hash_(value));
  const std::size_t mask = index.size() - 1;
  std::size_t at = hash & mask;
  for (; index[at].code != 0; at = (at + 1) & mask) {
    if (index[at].hash == hash && values[index[at].code - 1] == value) return index[at].code;
  }
  values.Append(value);
  index[at] = {hash, static_cast<std::uint32_t>(values.size())};
  return index[at].code;
}

void TableBuilder::Grow(ValueIndex& index) {
  ValueIndex larger(std::max<std::size_t>(8, index.size() * 2));
  const std::size_t mask = larger.size() - 1;
  for (const ValueSlot& slot : index) {
    if (slot.code == 0) continue;
    std::size_t at = slot.hash & mask;
    while (larger[at].code != 0) at = (at + 1) & mask;
    larger[at] = slot;
  }
  index = std::move(larger);
}

// The first line's tags fit exactly; after that the room doubles, so that a body which brings a new
// tag on every line is copied a few times only.
void TableBuilder::WidenSeriesCodes() {
  RowBlock& block = table_.rows;
  const std::size_t tags = block.tags.size();
  if (tags <= codes_stride_) return;
  const std::size_t stride = block.series_count == 0 ? tags : std::max(tags, codes_stride_ * 2);
  std::vector<std::uint32_t> wider(block.series_count * stride, 0);
  for (std::size_t series = 0; series < block.series_count; ++series) {
    std::copy_n(block.series_codes.data() + series * codes_stride_, codes_stride_,
                wider.data() + series * stride);
  }
  block.series_codes = std::move(wider);
  codes_stride_ = stride;
}

}  // namespace tidemill::lineproto
