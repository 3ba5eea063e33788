#include "storage/file_columns.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "columnar/row_gather.h"

namespace tidemill::storage {

FileColumns::FileColumns(std::vector<model::Column> columns, const model::TableSchema& schema)
    : stored_(std::move(columns)) {
  for (const model::Column* tag : schema.Tags()) merged_.push_back(*tag);
  tags_ = merged_.size();
  for (const auto kind : {model::ColumnKind::kTime, model::ColumnKind::kField}) {
    std::ranges::copy_if(stored_, std::back_inserter(merged_),
                         [&](const model::Column& column) { return column.kind == kind; });
  }
  for (const model::Column& column : stored_) {
    places_.push_back(
        static_cast<std::size_t>(std::ranges::find(merged_, column) - merged_.begin()));
  }
}

std::vector<sql::InternalEngine::ParquetColumn> FileColumns::ForParquet() const {
  std::vector<sql::InternalEngine::ParquetColumn> columns;
  for (const model::Column& column : stored_) {
    columns.push_back({{column.name, columnar::ValueTypeOf(column)}, column.id.value()});
  }
  return columns;
}

columnar::ValueBatch FileColumns::Arrange(columnar::ValueBatch merged) const {
  columnar::ValueBatch batch;
  batch.rows = merged.rows;
  for (const std::size_t place : places_) {
    batch.columns.push_back(std::move(merged.columns[place]));
  }
  return batch;
}

}  // namespace tidemill::storage
