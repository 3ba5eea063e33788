// Recent rows of one table in memory: fixed capacity, appended in place, scanned without copying.
//
// One writer appends behind the published row count; a reader holds a ChunkSlice, whose count never
// changes, so the two never touch the same bytes. A chunk is sealed, and the next one begun, when
// it is full, when the table gets a column, and when its generation ends.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "columnar/arena.h"
#include "columnar/generation.h"
#include "columnar/row_block.h"
#include "model/data_type.h"

namespace tidemill::columnar {

struct ChunkColumn {
  ColumnId column;
  model::DataType type = model::DataType::kFloat64;
};

class Chunk {
 public:
  static constexpr std::size_t kRowsMax = 65'536;

  // `fields`: every field column the table has now. `capacity` rows, at most kRowsMax.
  Chunk(std::shared_ptr<Generation> generation, std::vector<ChunkColumn> fields,
        std::size_t capacity);

  // Writer: appends rows [begin, begin + count) of `block`. `series[s]` is the generation's number
  // of the block's series s. Every field of the block must be a field of the chunk, and count must
  // fit.
  void Append(const RowBlock& block, std::span<const std::uint32_t> series, std::size_t begin,
              std::size_t count);
  std::size_t rows() const { return rows_; }  // writer's own count
  std::size_t capacity() const { return capacity_; }

  // Any thread, for rows below the count of the reader's slice.
  const Generation& generation() const { return *generation_; }
  const std::shared_ptr<Generation>& shared_generation() const { return generation_; }
  const std::int64_t* times() const { return times_.get(); }
  const std::uint32_t* series() const { return series_.get(); }
  std::size_t field_count() const { return fields_.size(); }
  const ChunkColumn& field(std::size_t index) const { return fields_[index].column; }
  // Index of a field, or -1 when the chunk was begun before the column existed (all NULL).
  int FindField(ColumnId column) const;
  // One byte a row (1 = has a value); nullptr: every row so far has one.
  const std::uint8_t* valid(std::size_t index) const {
    return fields_[index].valid.load(std::memory_order_acquire);
  }
  // Numbers and booleans (see FieldColumn); nullptr for strings.
  const std::uint64_t* words(std::size_t index) const { return fields_[index].words.get(); }
  // Strings; nullptr for other types. The bytes live as long as the chunk.
  const std::string_view* strings(std::size_t index) const { return fields_[index].strings.get(); }

  std::size_t memory_bytes() const { return memory_bytes_.load(std::memory_order_relaxed); }

 private:
  struct Field {
    ChunkColumn column;
    std::atomic<std::uint8_t*> valid = nullptr;  // of valid_bytes, when there is one
    std::unique_ptr<std::uint8_t[]> valid_bytes;
    std::unique_ptr<std::uint64_t[]> words;
    std::unique_ptr<std::string_view[]> strings;
  };

  void AppendValues(Field& field, const FieldColumn& values, std::size_t begin, std::size_t count);
  void AppendStrings(Field& field, const StringColumn& values, std::size_t begin,
                     std::size_t count);
  void AppendNulls(Field& field, std::size_t count);
  // The validity bytes of `field`, made (all 1 so far) when there were none.
  std::uint8_t* ValidBytes(Field& field);

  const std::shared_ptr<Generation> generation_;
  const std::size_t capacity_;
  std::vector<Field> fields_;
  std::vector<std::uint32_t> by_column_;  // indexes of fields_, in order of column id
  std::unique_ptr<std::int64_t[]> times_;
  std::unique_ptr<std::uint32_t[]> series_;
  Arena arena_;
  std::vector<const FieldColumn*> sources_;  // Append's scratch: the block's column of each field
  std::size_t rows_ = 0;
  std::size_t array_bytes_ = 0;
  std::atomic<std::size_t> memory_bytes_ = 0;
};

// What one version of a table sees of a chunk.
struct ChunkSlice {
  std::shared_ptr<const Chunk> chunk;
  std::size_t rows = 0;
  std::uint32_t series_count = 0;               // of the generation, at that moment
  std::vector<std::uint32_t> dictionary_sizes;  // of each tag of the generation, at that moment
  std::int64_t min_time = INT64_MAX;
  std::int64_t max_time = INT64_MIN;
  // Sequences of the first and last write in the slice.
  Sequence first_sequence = 0;
  Sequence last_sequence = 0;
  // Some row, within these times, may have the identity of an earlier one (contracts D.3): a row
  // whose time is not after its series' newest time, or, for a series that its generation had not
  // seen, not after the table's newest time before the generation. The times mean nothing while the
  // flag is off.
  bool may_overwrite = false;
  std::int64_t overwrite_min = INT64_MAX;
  std::int64_t overwrite_max = INT64_MIN;
};

}  // namespace tidemill::columnar
