// Whole lines and a catalog snapshot to rows with ids, what the schema lacks, and rejected lines.
//
// Pure: it commits nothing. When something is missing, the caller commits it and asks again with
// the new snapshot; every decision then comes out the same, or another writer's schema is
// respected. Called by write_service.cc.
#pragma once

#include <string_view>
#include <vector>

#include "catalog/change.h"
#include "catalog/snapshot.h"
#include "ingest/rejected_line.h"
#include "ingest/table_check.h"
#include "lineproto/parser.h"
#include "model/limits.h"
#include "wal/records.h"

namespace tidemill::ingest {

struct Verdict {
  std::vector<catalog::TableDelta> missing;  // empty: every kept row can be written
  std::vector<TableVerdict> tables;          // parallel to the parsed tables
  std::vector<RejectedLine> rejected;        // in order of lines, with those the parser found
  std::size_t rejected_count = 0;            // all of them
};

Verdict Validate(const lineproto::ParsedLines& lines, std::string_view body,
                 const catalog::Snapshot& snapshot, std::string_view database,
                 const model::Limits& limits);

// The rows that `verdict`, which misses nothing, lets through. Takes the columns out of `lines`.
std::vector<wal::TableRows> TakeRows(lineproto::ParsedLines& lines, const Verdict& verdict);

}  // namespace tidemill::ingest
