#include "storage/table_buffer.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"

namespace tidemill::storage {
namespace {

using columnar::Chunk;
using columnar::ChunkSlice;
using columnar::Generation;
using columnar::RowBlock;

// A table of a few rows costs little, and a table with thousands of columns does not reserve
// gigabytes: its chunks are shorter.
constexpr std::size_t kChunkRowsFirst = 1'024;
constexpr std::size_t kChunkRowsMin = 64;
constexpr std::size_t kChunkBytesMax = 16 << 20;

std::size_t RowsThatFit(const TableLayout& layout) {
  std::size_t row_bytes = sizeof(std::int64_t) + sizeof(std::uint32_t);
  for (const columnar::ChunkColumn& field : layout.fields()) {
    row_bytes +=
        field.type == model::DataType::kString ? sizeof(std::string_view) : sizeof(std::uint64_t);
  }
  return std::clamp(kChunkBytesMax / row_bytes, kChunkRowsMin, Chunk::kRowsMax);
}

void Overwrites(std::int64_t time, ChunkSlice& piece) {
  piece.may_overwrite = true;
  piece.overwrite_min = std::min(piece.overwrite_min, time);
  piece.overwrite_max = std::max(piece.overwrite_max, time);
}

void OverwritesEverywhere(ChunkSlice& piece) {
  Overwrites(piece.min_time, piece);
  Overwrites(piece.max_time, piece);
}

}  // namespace

TableBuffer::TableBuffer(std::shared_ptr<MemoryMeter> meter, std::atomic<std::uint64_t>& epochs)
    : meter_(std::move(meter)), epochs_(&epochs), next_capacity_(kChunkRowsFirst) {}

void TableBuffer::Append(Sequence sequence, const RowBlock& block, const TableLayout& layout) {
  if (block.rows() == 0) return;
  PrepareChunk(layout, block.rows());
  MapSeries(block, layout);
  for (std::size_t begin = 0; begin < block.rows();) {
    PrepareChunk(layout, block.rows() - begin);
    const std::size_t count = std::min(open_->capacity() - open_->rows(), block.rows() - begin);
    open_->Append(block, series_, begin, count);
    NoteTimes(sequence, block, begin, count);
    meter_->Count(*open_, open_counted_);
    begin += count;
  }
  meter_->Count(*generation_, generation_counted_);
}

void TableBuffer::InsertCarried(Sequence original, const RowBlock& block,
                                const TableLayout& layout) {
  const bool is_newest = empty() || Slices().back().last_sequence <= original;
  if (is_newest) return Append(original, block, layout);
  TableBuffer apart(meter_, *epochs_);
  apart.NoteFlushedTime(NewestTime());
  apart.Append(original, block, layout);
  apart.Freeze();
  for (const ChunkSlice& piece : apart.sealed_) {
    newest_carried_ = std::max(newest_carried_, piece.max_time);
  }
  // Rows that came after these may overwrite them, and nobody looked at that when they came.
  const auto later = std::find_if(sealed_.begin(), sealed_.end(), [&](const ChunkSlice& piece) {
    return piece.last_sequence > original;
  });
  std::for_each(later, sealed_.end(), OverwritesEverywhere);
  if (open_ != nullptr) OverwritesEverywhere(open_slice_);
  sealed_.insert(later, apart.sealed_.begin(), apart.sealed_.end());
}

void TableBuffer::NoteFlushedTime(std::int64_t max_time) {
  newest_flushed_ = std::max(newest_flushed_, max_time);
}

void TableBuffer::Freeze() {
  Seal();
  generation_ = nullptr;
}

std::vector<ChunkSlice> TableBuffer::DropThrough(Sequence through) {
  const auto end = std::find_if(sealed_.begin(), sealed_.end(), [&](const ChunkSlice& piece) {
    return piece.last_sequence > through;
  });
  CHECK(end == sealed_.end() || end->first_sequence > through)
      << "a chunk reaches over sequence " << through << ", where the flush ended";
  std::vector<ChunkSlice> dropped(std::make_move_iterator(sealed_.begin()),
                                  std::make_move_iterator(end));
  sealed_.erase(sealed_.begin(), end);
  for (const ChunkSlice& piece : dropped) NoteFlushedTime(piece.max_time);
  return dropped;
}

std::vector<ChunkSlice> TableBuffer::Slices() const {
  std::vector<ChunkSlice> out = sealed_;
  if (open_ != nullptr) out.push_back(OpenSlice());
  return out;
}

std::uint64_t TableBuffer::rows() const {
  std::uint64_t rows = open_ == nullptr ? 0 : open_->rows();
  for (const ChunkSlice& piece : sealed_) rows += piece.rows;
  return rows;
}

std::uint64_t TableBuffer::memory_bytes() const {
  std::uint64_t bytes = open_ == nullptr ? 0 : open_->memory_bytes();
  const Generation* counted = generation_.get();
  if (counted != nullptr) bytes += counted->memory_bytes();
  for (auto piece = sealed_.rbegin(); piece != sealed_.rend(); ++piece) {
    bytes += piece->chunk->memory_bytes();
    if (&piece->chunk->generation() == counted) continue;
    counted = &piece->chunk->generation();
    bytes += counted->memory_bytes();
  }
  return bytes;
}

Sequence TableBuffer::first_sequence(Sequence after) const {
  for (const ChunkSlice& piece : sealed_) {
    if (piece.last_sequence > after) return piece.first_sequence;
  }
  return open_ == nullptr ? 0 : open_slice_.first_sequence;
}

// Columns are only ever added, so equal counts mean the same columns.
void TableBuffer::PrepareChunk(const TableLayout& layout, std::size_t rows_to_come) {
  if (generation_ != nullptr && generation_->tags().size() != layout.tags().size()) Freeze();
  if (open_ != nullptr &&
      (open_->rows() == open_->capacity() || open_->field_count() != layout.fields().size())) {
    Seal();
  }
  if (generation_ == nullptr) StartGeneration(layout);
  if (open_ == nullptr) StartChunk(layout, rows_to_come);
}

void TableBuffer::StartGeneration(const TableLayout& layout) {
  newest_before_generation_ = NewestTime();
  newest_carried_ = Generation::kNoTime;
  generation_ = meter_->Make<Generation>(++*epochs_, layout.tags());
  generation_counted_ = 0;
  meter_->Count(*generation_, generation_counted_);
}

void TableBuffer::StartChunk(const TableLayout& layout, std::size_t rows_to_come) {
  const std::size_t wanted = std::max(next_capacity_, std::bit_ceil(rows_to_come));
  open_ = meter_->Make<Chunk>(generation_, layout.fields(), std::min(wanted, RowsThatFit(layout)));
  open_counted_ = 0;
  meter_->Count(*open_, open_counted_);
  open_slice_ = {};
}

// A chunk that filled up is followed by one of twice the size; one that a schema change cut short
// by one of its rows, so that a table that grows column by column stays small.
void TableBuffer::Seal() {
  if (open_ == nullptr) return;
  const std::size_t rows = open_->rows();
  const bool is_full = rows == open_->capacity();
  next_capacity_ =
      std::clamp(std::bit_ceil(rows) * (is_full ? 2 : 1), kChunkRowsMin, Chunk::kRowsMax);
  if (rows > 0) sealed_.push_back(OpenSlice());
  open_ = nullptr;
}

void TableBuffer::MapSeries(const RowBlock& block, const TableLayout& layout) {
  value_codes_.clear();
  value_begins_.clear();
  tag_places_.clear();
  for (const columnar::TagColumn& tag : block.tags) {
    const std::uint32_t place = layout.TagIndex(tag.column);
    columnar::TagDictionary& dictionary = generation_->writable_dictionary(place);
    tag_places_.push_back(place);
    value_begins_.push_back(value_codes_.size());
    for (std::size_t i = 0; i < tag.values.size(); ++i) {
      value_codes_.push_back(dictionary.Intern(tag.values[i]));
    }
  }
  series_.resize(block.series_count);
  series_codes_.assign(generation_->tags().size(), 0);
  for (std::uint32_t series = 0; series < block.series_count; ++series) {
    for (std::size_t tag = 0; tag < block.tags.size(); ++tag) {
      const std::uint32_t code = block.Code(series, tag);
      series_codes_[tag_places_[tag]] = code == 0 ? 0 : value_codes_[value_begins_[tag] + code - 1];
    }
    const std::uint32_t known = generation_->series_count();
    series_[series] = generation_->InternSeries(series_codes_);
    if (series_[series] == known) generation_->set_last_time(known, newest_before_generation_);
  }
}

void TableBuffer::NoteTimes(Sequence sequence, const RowBlock& block, std::size_t begin,
                            std::size_t count) {
  ChunkSlice& slice = open_slice_;
  if (slice.first_sequence == 0) slice.first_sequence = sequence;
  slice.last_sequence = sequence;
  for (std::size_t row = begin; row < begin + count; ++row) {
    const std::int64_t time = block.times[row];
    const std::uint32_t series = series_[block.row_series[row]];
    slice.min_time = std::min(slice.min_time, time);
    slice.max_time = std::max(slice.max_time, time);
    const bool is_newest = time > generation_->last_time(series);
    if (is_newest) generation_->set_last_time(series, time);
    if (!is_newest || time <= newest_carried_) Overwrites(time, open_slice_);
  }
}

ChunkSlice TableBuffer::OpenSlice() const {
  ChunkSlice out = open_slice_;
  out.chunk = open_;
  out.rows = open_->rows();
  out.series_count = generation_->series_count();
  out.dictionary_sizes.reserve(generation_->tags().size());
  for (std::size_t tag = 0; tag < generation_->tags().size(); ++tag) {
    out.dictionary_sizes.push_back(generation_->dictionary(tag).size());
  }
  return out;
}

std::int64_t TableBuffer::NewestTime() const {
  std::int64_t newest = newest_flushed_;
  for (const ChunkSlice& piece : sealed_) newest = std::max(newest, piece.max_time);
  if (open_ != nullptr) newest = std::max(newest, open_slice_.max_time);
  return newest;
}

}  // namespace tidemill::storage
