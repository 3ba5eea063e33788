// One query: admission, names to pinned sources, run, time limit, cancellation. The story is
// Start().
//
// Called by server/routes/query.cc and app/adapters/query_runner.cc. Blocking: callers are on the
// query pool's threads (Submit puts them there), never on a listener thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "columnar/value_batch.h"
#include "observe/metrics.h"
#include "query/system_table.h"
#include "sql/engine.h"
#include "storage/storage.h"

namespace tidemill::query {

struct QueryRequest {
  std::string database;
  sql::Statement statement;
  std::chrono::nanoseconds time_limit = std::chrono::minutes(5);
};

// A running query: the result stream, registered as running until it is destroyed. One thread at a
// time, but Cancel() from any. Must not outlive its QueryService.
class RunningQuery {
 public:
  virtual ~RunningQuery() = default;
  virtual const std::vector<columnar::ValueColumn>& columns() const = 0;
  // nullopt: the end. kTimeout past the limit, naming it; kCancelled; else the engine's.
  virtual Result<std::optional<columnar::ValueBatch>> Next() = 0;
  virtual void Cancel() = 0;
};

class QueryService {
 public:
  struct Options {
    std::size_t concurrency = 4;  // queries at work at once (threads of the pool)
    std::size_t queue_max = 256;  // waiting; more: kUnavailable
  };
  QueryService(Clock& clock, catalog::Catalog& catalog, storage::Storage& storage,
               sql::UserEngine& engine, sql::InternalEngine& internal, observe::Metrics& metrics,
               Options options);
  ~QueryService();

  // A system table, `system.<name>`; before the server serves.
  void Register(std::unique_ptr<SystemTable> table);
  std::vector<std::string> SystemTableNames(std::string_view database) const;

  // Runs `job` on the query pool. False: the queue is full.
  bool Submit(std::function<void()> job);

  // Plans and starts. Errors: kNotFound "database not found: x", kInvalid, kUnavailable (the server
  // is stopping), those of the engine. Blocks.
  Result<std::unique_ptr<RunningQuery>> Start(const QueryRequest& request);
  // The whole result (what is left of it) as one Parquet file.
  Result<std::string> ParquetBytes(RunningQuery& query);
  // Cancels everything that runs and stops the pool; safe twice.
  void Stop();

  QueryService(const QueryService&) = delete;
  QueryService& operator=(const QueryService&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemill::query
