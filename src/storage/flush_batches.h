// The rows of a freeze as batches of columns, in the order of the file, for the Parquet writer.
//
// Columns: every tag, every field that some chunk has, and time, in alphabetical order, each with
// its catalog id. A batch is bounded in rows and in bytes of text.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "columnar/chunk.h"
#include "columnar/value_batch.h"
#include "model/schema.h"
#include "sql/engine.h"
#include "storage/row_order.h"

namespace tidemill::storage {

class FlushBatches {
 public:
  static constexpr std::size_t kRowsMax = 32'768;
  static constexpr std::size_t kTextBytesMax = 32 << 20;

  // Keeps the slices alive. `schema` has every column that they have.
  FlushBatches(std::vector<columnar::ChunkSlice> slices, const model::TableSchema& schema);

  const std::vector<sql::InternalEngine::ParquetColumn>& columns() const { return columns_; }
  // The next rows; nullopt: that was all.
  std::optional<columnar::ValueBatch> Next();

 private:
  // One column, looked up once in every slice.
  struct Reader {
    model::Column column;
    std::vector<int> place;  // of the tag in the slice's generation, or of the field in the chunk;
                             // -1: it has none
  };

  std::vector<int> PlacesOf(const model::Column& column) const;
  bool IsText(const model::Column& column) const;
  std::optional<std::string_view> Text(const Reader& reader, const RowRef& ref) const;
  std::size_t BatchEnd() const;
  void FillTime(std::size_t end, columnar::ValueVector& out) const;
  void FillText(const Reader& reader, std::size_t end, columnar::ValueVector& out) const;
  void FillWords(const Reader& reader, std::size_t end, columnar::ValueVector& out) const;

  const std::vector<columnar::ChunkSlice> slices_;
  std::vector<sql::InternalEngine::ParquetColumn> columns_;
  std::vector<Reader> readers_;  // of columns_
  std::vector<RowRef> rows_;
  std::size_t next_row_ = 0;
};

}  // namespace tidemill::storage
