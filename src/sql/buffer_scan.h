// The table function over the buffer chunks of a stored table: tidemill_buffer(table number).
//
// Runs in parallel over slices. Rows outside the statement's time range, or before the retention
// cutoff, and of series that no condition on tags lets pass, are left out here; slices without a
// wanted row are skipped.
#pragma once

#include <optional>
#include <vector>

#include "duckdb/function/table_function.hpp"
#include "sql/query_tables.h"
#include "sql/row_chooser.h"
#include "sql/tag_filter.h"
#include "sql/time_range.h"

namespace tidemill::sql {

inline constexpr const char* kBufferScan = "tidemill_buffer";

duckdb::TableFunction MakeBufferScan();

// One scan in a plan: what planning found out about it.
struct BufferBindData final : public duckdb::TableFunctionData {
  explicit BufferBindData(const ScanTable& scanned);
  duckdb::unique_ptr<duckdb::FunctionData> Copy() const override;

  const ScanTable& table;  // lives as long as the statement
  TimeRange range;         // outside of it no row is wanted
  std::vector<TagCondition> tags;
  std::optional<MovingBound> bound;  // set by sql/top_n.cc
};

}  // namespace tidemill::sql
