// The columns of a data file, in the two orders they are needed in.
#pragma once

#include <cstddef>
#include <vector>

#include "columnar/value_batch.h"
#include "model/schema.h"
#include "sql/engine.h"

namespace tidemill::storage {

class FileColumns {
 public:
  // `columns`: every tag and the time of `schema`, and fields of it, in alphabetical order.
  FileColumns(std::vector<model::Column> columns, const model::TableSchema& schema);

  // As they stand in the file: alphabetical.
  const std::vector<model::Column>& stored() const { return stored_; }
  std::vector<sql::InternalEngine::ParquetColumn> ForParquet() const;
  // As rows are sorted and merged: tags in creation order, time, fields.
  const std::vector<model::Column>& merged() const { return merged_; }
  std::size_t tags() const { return tags_; }
  // A batch of merged() as one of stored().
  columnar::ValueBatch Arrange(columnar::ValueBatch merged) const;

 private:
  std::vector<model::Column> stored_;
  std::vector<model::Column> merged_;
  std::size_t tags_ = 0;
  std::vector<std::size_t> places_;  // where merged_ has each of stored_
};

}  // namespace tidemill::storage
