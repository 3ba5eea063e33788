#include "columnar/row_gather.h"

#include <algorithm>
#include <utility>

namespace tidemill::columnar {
namespace {

// `valid` stays empty until the first NULL.
void SetNull(std::size_t row, std::size_t rows, ValueVector& out) {
  if (out.valid.empty()) out.valid.assign(rows, 1);
  out.valid[row] = 0;
}

}  // namespace

ValueType ValueTypeOf(const model::Column& column) {
  ValueType type;
  type.is_tag = column.kind == model::ColumnKind::kTag;
  switch (column.type) {
    case model::DataType::kString: type.kind = ValueKind::kString; break;
    case model::DataType::kInt64: type.kind = ValueKind::kInt64; break;
    case model::DataType::kUInt64: type.kind = ValueKind::kUInt64; break;
    case model::DataType::kFloat64: type.kind = ValueKind::kFloat64; break;
    case model::DataType::kBool: type.kind = ValueKind::kBool; break;
    case model::DataType::kTimestamp: type.kind = ValueKind::kTimestamp; break;
  }
  return type;
}

RowGather::RowGather(std::vector<ChunkSlice> slices, const std::vector<model::Column>& columns,
                     std::vector<RowRef> rows, Limits limits)
    : slices_(std::move(slices)), limits_(limits), rows_(std::move(rows)) {
  for (const model::Column& column : columns) {
    readers_.push_back({column, PlacesOf(column, slices_)});
  }
}

std::optional<ValueBatch> RowGather::Next() {
  if (next_row_ == rows_.size()) return std::nullopt;
  const std::size_t end = BatchEnd();
  ValueBatch batch;
  batch.rows = end - next_row_;
  for (const Reader& reader : readers_) {
    ValueVector& out = batch.columns.emplace_back();
    out.type = ValueTypeOf(reader.column);
    if (reader.column.kind == model::ColumnKind::kTime) {
      FillTime(end, out);
    } else if (IsText(reader.column)) {
      FillText(reader, end, out);
    } else {
      FillWords(reader, end, out);
    }
  }
  next_row_ = end;
  return batch;
}

bool RowGather::IsText(const model::Column& column) const {
  return column.kind == model::ColumnKind::kTag || column.type == model::DataType::kString;
}

std::optional<std::string_view> RowGather::Text(const Reader& reader, const RowRef& ref) const {
  const int found = reader.place[ref.chunk];
  if (found < 0) return std::nullopt;
  const auto place = static_cast<std::size_t>(found);
  const Chunk& chunk = *slices_[ref.chunk].chunk;
  if (reader.column.kind == model::ColumnKind::kTag) {
    const std::uint32_t code = chunk.generation().Code(chunk.series()[ref.row], place);
    if (code == 0) return std::nullopt;
    return chunk.generation().dictionary(place).Value(code);
  }
  const std::uint8_t* valid = chunk.valid(place);
  if (valid != nullptr && valid[ref.row] == 0) return std::nullopt;
  return chunk.strings(place)[ref.row];
}

// At least one row; then up to the limits.
std::size_t RowGather::BatchEnd() const {
  const std::size_t end = std::min(rows_.size(), next_row_ + limits_.rows_max);
  std::size_t bytes = 0;
  for (std::size_t row = next_row_; row < end; ++row) {
    for (const Reader& reader : readers_) {
      if (IsText(reader.column)) bytes += Text(reader, rows_[row]).value_or("").size();
    }
    if (bytes > limits_.text_bytes_max) return std::max(row, next_row_ + 1);
  }
  return end;
}

void RowGather::FillTime(std::size_t end, ValueVector& out) const {
  out.words.reserve(end - next_row_);
  for (std::size_t row = next_row_; row < end; ++row) {
    out.words.push_back(static_cast<std::uint64_t>(rows_[row].time));
  }
}

void RowGather::FillText(const Reader& reader, std::size_t end, ValueVector& out) const {
  out.strings.ends.reserve(end - next_row_);
  for (std::size_t row = next_row_; row < end; ++row) {
    const std::optional<std::string_view> text = Text(reader, rows_[row]);
    out.strings.Append(text.value_or(std::string_view()));
    if (!text) SetNull(row - next_row_, end - next_row_, out);
  }
}

void RowGather::FillWords(const Reader& reader, std::size_t end, ValueVector& out) const {
  struct Source {
    const std::uint64_t* words;
    const std::uint8_t* valid;
  };
  std::vector<Source> sources;
  for (std::size_t slice = 0; slice < slices_.size(); ++slice) {
    if (reader.place[slice] < 0) {
      sources.push_back({nullptr, nullptr});
      continue;
    }
    const auto place = static_cast<std::size_t>(reader.place[slice]);
    sources.push_back({slices_[slice].chunk->words(place), slices_[slice].chunk->valid(place)});
  }
  out.words.reserve(end - next_row_);
  for (std::size_t row = next_row_; row < end; ++row) {
    const RowRef& ref = rows_[row];
    const Source& source = sources[ref.chunk];
    const bool has_value =
        source.words != nullptr && (source.valid == nullptr || source.valid[ref.row] != 0);
    out.words.push_back(has_value ? source.words[ref.row] : 0);
    if (!has_value) SetNull(row - next_row_, end - next_row_, out);
  }
}

std::vector<int> PlacesOf(const model::Column& column, const std::vector<ChunkSlice>& slices) {
  std::vector<int> places;
  for (const ChunkSlice& slice : slices) {
    if (column.kind == model::ColumnKind::kTag) {
      const auto& tags = slice.chunk->generation().tags();
      const auto found = std::find(tags.begin(), tags.end(), column.id);
      places.push_back(found == tags.end() ? -1 : static_cast<int>(found - tags.begin()));
    } else {
      places.push_back(slice.chunk->FindField(column.id));
    }
  }
  return places;
}

}  // namespace tidemill::columnar
