// Decides, for the rows of one table, which of them fit its columns and which columns are missing.
//
// Pure. When every column is known with the right type, which is nearly always, no row is looked
// at. Else rows are taken in the order of their lines: the first good one decides what a new column
// is, and a row that is refused decides nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "catalog/change.h"
#include "catalog/snapshot.h"
#include "lineproto/parser.h"

namespace tidemill::ingest {

struct RefusedRow {
  std::uint32_t row = 0;
  std::string message;
  bool is_limit = false;
};

struct TableVerdict {
  TableId table;  // 0: it does not exist yet
  // Parallel to the parsed table's tags and fields. 0: no kept row needs the column, or it does not
  // exist yet.
  std::vector<ColumnId> tags;
  std::vector<ColumnId> fields;
  std::vector<catalog::NewColumn> missing;  // what kept rows need and the table lacks
  std::vector<std::uint8_t> keep;           // one byte a row; empty: every row is kept
  std::size_t kept_rows = 0;
  std::vector<RefusedRow> refused;  // in order; the first kRejectedLinesMax
};

// `table`: as the catalog has it; nullptr: not yet.
TableVerdict CheckTable(const lineproto::ParsedTable& parsed, const catalog::Table* table,
                        std::size_t columns_max);

// Every row refused: the table would be one too many.
TableVerdict RefuseTable(const lineproto::ParsedTable& parsed, std::size_t tables_max);

}  // namespace tidemill::ingest
