// What our scans of stored tables read off the filters above them. Look and keep: the filters stay
// in the plan.
#pragma once

#include <vector>

#include "duckdb/function/table_function.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "sql/query_tables.h"
#include "sql/tag_filter.h"
#include "sql/time_range.h"

namespace tidemill::sql {

// Narrows the times and adds the tags that `filters` over `scan`, a scan of `table`, leave.
void Narrow(const ScanTable& table, const duckdb::LogicalGet& scan,
            const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters, TimeRange& times,
            std::vector<TagCondition>& tags);

// For a scan's get_virtual_columns: without it, count(*) would read a real column.
duckdb::virtual_column_map_t OnlyTheEmptyColumn(duckdb::ClientContext&,
                                                duckdb::optional_ptr<duckdb::FunctionData>);

}  // namespace tidemill::sql
