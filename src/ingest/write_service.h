// One write: parse, check against the catalog, extend the schema, append, wait. The story is
// Write().
//
// Called by server/routes/write.cc (clients) and app/adapters/run_committer.cc (plugins).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/task.h"
#include "catalog/catalog.h"
#include "ingest/rejected_line.h"
#include "ingest/validator.h"
#include "model/precision.h"
#include "observe/metrics.h"
#include "storage/storage.h"
#include "wal/wal.h"

namespace tidemill::ingest {

struct WriteRequest {
  std::string database;
  std::string body;  // plain line protocol (already inflated)
  model::Precision precision = model::Precision::kAuto;
  bool accept_partial = true;
  bool no_sync = false;  // answer when it sits in the open group
  TriggerId origin;      // 0: a client
  std::uint8_t depth = 0;
  bool internal = false;  // may write `_internal`
};

struct WriteOutcome {
  std::size_t lines_written = 0;
  std::size_t lines_rejected = 0;
  // The first kRejectedLinesMax. With accept_partial = false and any rejected: nothing was written.
  std::vector<RejectedLine> rejected;
  Sequence sequence = 0;  // 0: nothing was written
};

class WriteService {
 public:
  WriteService(Clock& clock, catalog::Catalog& catalog, wal::Wal& wal, storage::Storage& storage,
               observe::Metrics& metrics);

  // Errors: kInvalid ("incoming write was empty", bad database name, not UTF-8), kLimit,
  // kUnavailable, kOutcomeUnknown. Rejected lines are data, not an error. `request` must live until
  // the task ends.
  Task<Result<WriteOutcome>> Write(const WriteRequest& request);

  // The first half: parse, validate, extend the schema durably; nothing is appended. For run
  // commits, where several databases must be valid before any is written. With accept_partial =
  // false and a bad line `record.tables` is empty and the schema is as it was.
  struct Prepared {
    wal::RowsRecord record;
    std::size_t lines = 0;  // that the record holds
    std::size_t lines_rejected = 0;
    std::vector<RejectedLine> rejected;
  };
  Task<Result<Prepared>> Prepare(const WriteRequest& request);

 private:
  Task<Result<WriteOutcome>> Store(const WriteRequest& request);
  // What the lines mean under a snapshot that misses nothing of them.
  struct Checked {
    Verdict verdict;
    catalog::Catalog::SnapshotPtr snapshot;
  };
  Task<Result<Checked>> CheckAndExtendSchema(const lineproto::ParsedLines& lines,
                                             const WriteRequest& request);
  void Count(const WriteRequest& request, const Result<WriteOutcome>& outcome);

  Clock& clock_;
  catalog::Catalog& catalog_;
  wal::Wal& wal_;
  storage::Storage& storage_;
  observe::Metrics& metrics_;
  observe::Counter& lines_written_;
  observe::Counter& lines_rejected_;
  observe::Counter& bytes_written_;
};

}  // namespace tidemill::ingest
