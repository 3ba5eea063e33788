// How much of a query's result may be kept in memory at once. Whoever collects a whole result asks
// it for every batch.
#pragma once

#include "base/result.h"
#include "columnar/value_batch.h"

namespace tidemill::app {

class ResultLimit {
 public:
  ResultLimit(std::size_t rows_max, std::size_t bytes_max)
      : rows_max_(rows_max), bytes_max_(bytes_max) {}

  // kLimit when the result has become too large with this batch.
  Status Add(const columnar::ValueBatch& batch);

 private:
  const std::size_t rows_max_;
  const std::size_t bytes_max_;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace tidemill::app
