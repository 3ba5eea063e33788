// Makes one row of each point: runs of rows in order of their keys become one run without repeats.
//
// A point is a tag set and a time. Rows with the same key are one point, each of whose fields has
// the newest value that is not NULL. This is the only place that knows so: flushes and queries come
// here. Pure, apart from what the runs do; holds one batch of each run.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "columnar/value_batch.h"

namespace tidemill::columnar {

class MergeRuns {
 public:
  // Gives rows batch by batch; nullopt ends. The columns of a batch: the tags in creation order
  // (strings), time, then fields (strings, or one word a value). Rows stand in the order of tags
  // (NULL first, then by bytes) and time; where the same key repeats, the later row is the newer.
  using Run = std::function<Result<std::optional<ValueBatch>>()>;

  struct Options {
    std::size_t tags = 0;  // columns before time
    std::size_t rows_max = 32'768;
    std::size_t text_bytes_max = 32 << 20;  // a batch ends soon after this
  };

  // Every run has the same columns.
  MergeRuns(std::vector<Run> newest_first, Options options);
  ~MergeRuns();

  // The next rows, of the same columns; nullopt: that was all. Errors are those of the runs.
  Result<std::optional<ValueBatch>> Next();

 private:
  class Cursor;

  Status Start();
  void Enqueue(Cursor* cursor);
  Status TakeRows(ValueBatch& out);
  bool IsFull(const ValueBatch& out) const;
  // The lowest row is one more of the point that `out` ends with.
  bool ContinuesLastPoint(const ValueBatch& out) const;

  const Options options_;
  std::vector<std::unique_ptr<Cursor>> cursors_;
  // Those with rows left: the lowest head last; of equal heads the oldest.
  std::vector<Cursor*> queue_;
  bool is_started_ = false;
};

}  // namespace tidemill::columnar
