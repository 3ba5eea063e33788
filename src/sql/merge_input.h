// The rows of a stored table in one stretch of time as runs for a merge: the buffer, then the files
// from the newest to the oldest.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "columnar/merge_runs.h"
#include "duckdb/main/database.hpp"
#include "model/schema.h"
#include "objectstore/object_store.h"
#include "sql/query_tables.h"
#include "sql/tag_filter.h"
#include "sql/time_range.h"

namespace tidemill::sql {

struct MergeInput {
  const ScanTable& table;  // outlives the runs
  TimeRange times;
  std::vector<TagCondition> tags;
  std::vector<model::Column> columns;  // as MergeRuns wants them: tags, time, fields
};

// `reader` reads files in the order of their rows. A run throws what DuckDB throws.
std::vector<columnar::MergeRuns::Run> MakeRuns(const MergeInput& input,
                                               std::shared_ptr<duckdb::DuckDB> reader);

// The rows of one file: `columns` as above. Unlike those of MakeRuns, the run throws nothing.
columnar::MergeRuns::Run MakeFileRun(const ParquetFile& file, std::vector<model::Column> columns,
                                     std::shared_ptr<duckdb::DuckDB> reader);

// The instance for the files of merges. It belongs to nobody's statement, and works in the thread
// that asks it.
Result<std::shared_ptr<duckdb::DuckDB>> OpenMergeReader(objectstore::ObjectStore& store);

}  // namespace tidemill::sql
