// The rows of a freeze as batches of columns, in the order of the file, for the Parquet writer.
//
// Columns: every tag, every field that some chunk has, and time, in alphabetical order, each with
// its catalog id. Where some row may overwrite another, the rows of one point become one row.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/result.h"
#include "columnar/chunk.h"
#include "columnar/merge_runs.h"
#include "columnar/row_gather.h"
#include "columnar/value_batch.h"
#include "model/schema.h"
#include "sql/engine.h"
#include "storage/file_columns.h"

namespace tidemill::storage {

class FlushBatches {
 public:
  // Keeps the slices alive. `schema` has every column that they have.
  FlushBatches(std::vector<columnar::ChunkSlice> slices, const model::TableSchema& schema,
               columnar::RowGather::Limits limits = {});

  FlushBatches(const FlushBatches&) = delete;  // the merge knows where the rows are
  FlushBatches& operator=(const FlushBatches&) = delete;

  const std::vector<sql::InternalEngine::ParquetColumn>& columns() const { return columns_; }
  // The next rows; nullopt: that was all.
  Result<std::optional<columnar::ValueBatch>> Next();

 private:
  std::vector<sql::InternalEngine::ParquetColumn> columns_;
  std::optional<FileColumns> file_columns_;
  std::optional<columnar::RowGather> rows_;
  std::optional<columnar::MergeRuns> merge_;  // reads rows_
};

}  // namespace tidemill::storage
