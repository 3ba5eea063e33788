// Rows of chunks, picked in any order, as batches of columns.
//
// A batch is bounded in rows and in bytes of text. Flushes and merges read the buffer through it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "columnar/chunk.h"
#include "columnar/row_order.h"
#include "columnar/value_batch.h"
#include "model/schema.h"

namespace tidemill::columnar {

// The type of a stored column's values.
ValueType ValueTypeOf(const model::Column& column);

class RowGather {
 public:
  struct Limits {
    std::size_t rows_max = 32'768;
    std::size_t text_bytes_max = 32 << 20;
  };

  // Keeps the slices alive. A column that a slice lacks is NULL there.
  RowGather(std::vector<ChunkSlice> slices, const std::vector<model::Column>& columns,
            std::vector<RowRef> rows, Limits limits);

  // The next rows; nullopt: that was all.
  std::optional<ValueBatch> Next();

 private:
  // One column, looked up once in every slice.
  struct Reader {
    model::Column column;
    std::vector<int> place;  // of the tag in the slice's generation, or of the field in the chunk;
                             // -1: it has none
  };

  bool IsText(const model::Column& column) const;
  std::optional<std::string_view> Text(const Reader& reader, const RowRef& ref) const;
  std::size_t BatchEnd() const;
  void FillTime(std::size_t end, ValueVector& out) const;
  void FillText(const Reader& reader, std::size_t end, ValueVector& out) const;
  void FillWords(const Reader& reader, std::size_t end, ValueVector& out) const;

  std::vector<ChunkSlice> slices_;
  Limits limits_;
  std::vector<Reader> readers_;
  std::vector<RowRef> rows_;
  std::size_t next_row_ = 0;
};

// Where each slice has `column`: see RowGather::Reader::place.
std::vector<int> PlacesOf(const model::Column& column, const std::vector<ChunkSlice>& slices);

}  // namespace tidemill::columnar
