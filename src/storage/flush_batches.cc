#include "storage/flush_batches.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"

namespace tidemill::storage {
namespace {

using columnar::ChunkSlice;
using columnar::RowGather;
using columnar::ValueBatch;

std::vector<ColumnId> TagIds(const model::TableSchema& schema) {
  std::vector<ColumnId> ids;
  for (const model::Column* tag : schema.Tags()) ids.push_back(tag->id);
  return ids;
}

std::vector<model::Column> ColumnsOf(const std::vector<ChunkSlice>& slices,
                                     const model::TableSchema& schema) {
  std::vector<model::Column> columns = schema.Alphabetical();
  std::erase_if(columns, [&](const model::Column& column) {
    return column.kind == model::ColumnKind::kField &&
           std::ranges::all_of(PlacesOf(column, slices), [](int place) { return place < 0; });
  });
  return columns;
}

}  // namespace

FlushBatches::FlushBatches(std::vector<ChunkSlice> slices, const model::TableSchema& schema,
                           RowGather::Limits limits) {
  const std::vector<ColumnId> tags = TagIds(schema);
  file_columns_.emplace(ColumnsOf(slices, schema), schema);
  columns_ = file_columns_->ForParquet();
  auto rows = OrderRows(slices, tags, columnar::AllRows(slices));
  if (std::ranges::none_of(slices, &ChunkSlice::may_overwrite)) {
    rows_.emplace(std::move(slices), file_columns_->stored(), std::move(rows), limits);
    return;
  }
  rows_.emplace(std::move(slices), file_columns_->merged(), std::move(rows), limits);
  merge_.emplace(
      std::vector<columnar::MergeRuns::Run>{
          [this]() -> Result<std::optional<ValueBatch>> { return rows_->Next(); }},
      columnar::MergeRuns::Options{.tags = tags.size(),
                                   .rows_max = limits.rows_max,
                                   .text_bytes_max = limits.text_bytes_max});
}

Result<std::optional<ValueBatch>> FlushBatches::Next() {
  if (!merge_) return rows_->Next();
  TRY_ASSIGN(auto merged, merge_->Next());
  if (!merged) return std::optional<ValueBatch>();
  return std::optional(file_columns_->Arrange(std::move(*merged)));
}

}  // namespace tidemill::storage
