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

std::vector<model::Column> FileColumns(const std::vector<ChunkSlice>& slices,
                                       const model::TableSchema& schema) {
  std::vector<model::Column> columns = schema.Alphabetical();
  std::erase_if(columns, [&](const model::Column& column) {
    return column.kind == model::ColumnKind::kField &&
           std::ranges::all_of(PlacesOf(column, slices), [](int place) { return place < 0; });
  });
  return columns;
}

// Tags in creation order, time, fields.
std::vector<model::Column> MergeColumns(const std::vector<model::Column>& columns,
                                        const model::TableSchema& schema) {
  std::vector<model::Column> ordered;
  for (const model::Column* tag : schema.Tags()) ordered.push_back(*tag);
  for (const auto kind : {model::ColumnKind::kTime, model::ColumnKind::kField}) {
    std::ranges::copy_if(columns, std::back_inserter(ordered),
                         [&](const model::Column& column) { return column.kind == kind; });
  }
  return ordered;
}

}  // namespace

FlushBatches::FlushBatches(std::vector<ChunkSlice> slices, const model::TableSchema& schema,
                           RowGather::Limits limits) {
  const std::vector<ColumnId> tags = TagIds(schema);
  const std::vector<model::Column> columns = FileColumns(slices, schema);
  for (const model::Column& column : columns) {
    columns_.push_back({{column.name, columnar::ValueTypeOf(column)}, column.id.value()});
  }
  auto rows = OrderRows(slices, tags, columnar::AllRows(slices));
  if (std::ranges::none_of(slices, &ChunkSlice::may_overwrite)) {
    rows_.emplace(std::move(slices), columns, std::move(rows), limits);
    return;
  }
  const std::vector<model::Column> ordered = MergeColumns(columns, schema);
  for (const model::Column& column : columns) {
    merge_places_.push_back(
        static_cast<std::size_t>(std::ranges::find(ordered, column) - ordered.begin()));
  }
  rows_.emplace(std::move(slices), ordered, std::move(rows), limits);
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
  ValueBatch batch;
  batch.rows = merged->rows;
  for (const std::size_t place : merge_places_) {
    batch.columns.push_back(std::move(merged->columns[place]));
  }
  return std::optional(std::move(batch));
}

}  // namespace tidemill::storage
