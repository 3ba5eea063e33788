#include "columnar/chunk.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "base/check.h"

namespace tidemill::columnar {

// Arrays are not cleared: pages that no row has reached cost no memory, and every row that is
// appended writes all its cells.
Chunk::Chunk(std::shared_ptr<Generation> generation, std::vector<ChunkColumn> fields,
             std::size_t capacity)
    : generation_(std::move(generation)),
      capacity_(capacity),
      fields_(fields.size()),
      by_column_(fields.size()),
      times_(std::make_unique_for_overwrite<std::int64_t[]>(capacity)),
      series_(std::make_unique_for_overwrite<std::uint32_t[]>(capacity)),
      sources_(fields.size()) {
  CHECK(capacity > 0 && capacity <= kRowsMax) << "chunk of " << capacity << " rows";
  array_bytes_ = capacity * (sizeof(std::int64_t) + sizeof(std::uint32_t));
  for (std::size_t i = 0; i < fields.size(); ++i) {
    fields_[i].column = fields[i];
    if (fields[i].type == model::DataType::kString) {
      // The type's own constructor clears these; only the bytes of the strings are lazy.
      fields_[i].strings = std::make_unique<std::string_view[]>(capacity);
      array_bytes_ += capacity * sizeof(std::string_view);
    } else {
      fields_[i].words = std::make_unique_for_overwrite<std::uint64_t[]>(capacity);
      array_bytes_ += capacity * sizeof(std::uint64_t);
    }
  }
  std::iota(by_column_.begin(), by_column_.end(), 0U);
  std::sort(by_column_.begin(), by_column_.end(), [this](std::uint32_t a, std::uint32_t b) {
    return fields_[a].column.column < fields_[b].column.column;
  });
  memory_bytes_.store(array_bytes_, std::memory_order_relaxed);
}

void Chunk::Append(const RowBlock& block, std::span<const std::uint32_t> series, std::size_t begin,
                   std::size_t count) {
  CHECK(count <= capacity_ - rows_) << "chunk has room for " << capacity_ - rows_ << " rows";
  CHECK(begin + count <= block.rows());
  if (count == 0) return;
  std::fill(sources_.begin(), sources_.end(), nullptr);
  for (const FieldColumn& field : block.fields) {
    const int index = FindField(field.column);
    CHECK(index >= 0) << "chunk has no column " << field.column.value();
    sources_[static_cast<std::size_t>(index)] = &field;
  }
  std::copy_n(block.times.begin() + static_cast<std::ptrdiff_t>(begin), count,
              times_.get() + rows_);
  for (std::size_t i = 0; i < count; ++i) series_[rows_ + i] = series[block.row_series[begin + i]];
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (sources_[i] != nullptr) {
      AppendValues(fields_[i], *sources_[i], begin, count);
    } else {
      AppendNulls(fields_[i], count);
    }
  }
  rows_ += count;
  memory_bytes_.store(array_bytes_ + arena_.memory_bytes(), std::memory_order_relaxed);
}

int Chunk::FindField(ColumnId column) const {
  const auto found = std::lower_bound(
      by_column_.begin(), by_column_.end(), column,
      [this](std::uint32_t index, ColumnId id) { return fields_[index].column.column < id; });
  if (found == by_column_.end() || fields_[*found].column.column != column) return -1;
  return static_cast<int>(*found);
}

void Chunk::AppendValues(Field& field, const FieldColumn& values, std::size_t begin,
                         std::size_t count) {
  CHECK(values.type == field.column.type) << "column " << values.column.value() << " has one type";
  if (!values.valid.empty()) {
    std::copy_n(values.valid.begin() + static_cast<std::ptrdiff_t>(begin), count,
                ValidBytes(field) + rows_);
  } else if (field.valid_bytes != nullptr) {
    std::memset(field.valid_bytes.get() + rows_, 1, count);
  }
  if (field.words != nullptr) {
    std::copy_n(values.words.begin() + static_cast<std::ptrdiff_t>(begin), count,
                field.words.get() + rows_);
  } else {
    AppendStrings(field, values.strings, begin, count);
  }
}

// The bytes of neighbouring strings are neighbours: one copy, then views into it.
void Chunk::AppendStrings(Field& field, const StringColumn& values, std::size_t begin,
                          std::size_t count) {
  const std::uint32_t first = begin == 0 ? 0 : values.ends[begin - 1];
  const std::uint32_t last = values.ends[begin + count - 1];
  const std::string_view stored =
      arena_.Store(std::string_view(values.bytes).substr(first, last - first));
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view value = values[begin + i];
    const std::uint32_t end = values.ends[begin + i];
    field.strings[rows_ + i] = stored.substr(end - value.size() - first, value.size());
  }
}

void Chunk::AppendNulls(Field& field, std::size_t count) {
  std::memset(ValidBytes(field) + rows_, 0, count);
  if (field.words != nullptr) {
    std::fill_n(field.words.get() + rows_, count, 0U);
  } else {
    std::fill_n(field.strings.get() + rows_, count, std::string_view());
  }
}

// Published by the pointer: a reader that sees it sees the 1s of every row it was told of.
std::uint8_t* Chunk::ValidBytes(Field& field) {
  if (field.valid_bytes == nullptr) {
    field.valid_bytes = std::make_unique_for_overwrite<std::uint8_t[]>(capacity_);
    std::memset(field.valid_bytes.get(), 1, rows_);
    field.valid.store(field.valid_bytes.get(), std::memory_order_release);
    array_bytes_ += capacity_;
  }
  return field.valid_bytes.get();
}

}  // namespace tidemill::columnar
