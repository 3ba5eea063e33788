// What the engine needs from the rest of the server. It imports none of them: app/adapters/ plugs
// them in, and tests plug in fakes (testing/fake_host.h, testing/recorders.h).
//
// That breaks the circle write, trigger, Python, write.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "base/timestamp.h"
#include "columnar/row_block.h"
#include "columnar/value_batch.h"
#include "model/trigger.h"
#include "wal/records.h"

namespace tidemill::engine {

// ---- What a run is given ----

// The rows of one client write to one table, with the names that the plugin knows columns by.
struct NamedBlock {
  std::shared_ptr<const columnar::RowBlock> rows;
  std::vector<std::string> tag_names;    // parallel to rows->tags
  std::vector<std::string> field_names;  // parallel to rows->fields
};
struct TableBatch {
  std::string table_name;
  std::vector<NamedBlock> blocks;           // in the order they were written
  std::vector<std::string> schema_columns;  // every tag and field the table has now
  std::size_t rows() const;
};
struct WriteCall {
  std::vector<TableBatch> tables;  // in order of first appearance; never empty, no empty table
};
struct ScheduleCall {
  Timestamp nominal;
};
struct RequestCall {
  std::string method;
  std::string path;
  std::string client;
  std::map<std::string, std::string> query;
  std::vector<std::pair<std::string, std::string>>
      headers;  // lower-case names; authorization is removed
  std::string body;
};
using Call = std::variant<WriteCall, ScheduleCall, RequestCall>;

struct RunRequest {
  std::string run_id;    // UUID
  std::string batch_id;  // the same for every attempt at one batch
  std::uint32_t attempt = 1;
  std::shared_ptr<const model::Trigger> trigger;
  std::string database;  // name
  Call call;
  std::chrono::nanoseconds time_limit = std::chrono::seconds(60);
};

// ---- What a run may ask while it runs ----

enum class LogSeverity { kInfo, kWarn, kError };

struct QueryRows {
  std::vector<columnar::ValueColumn> columns;
  std::vector<columnar::ValueBatch> batches;
};

// One per run, made by the engine, called by the broker on its own threads. Calls may block.
class RunServices {
 public:
  virtual ~RunServices() = default;
  virtual void Log(LogSeverity severity, std::string text) = 0;
  // `database` empty: the trigger's own.
  virtual Result<QueryRows> Query(std::string sql, std::map<std::string, std::string> parameters,
                                  std::string database) = 0;
  // At once, outside the run's commit (at least once). Error text as plugins see it in their
  // exception.
  virtual Status WriteSync(std::string database, std::string lines, bool no_sync) = 0;
  // The global cache: pickled values, shared by all triggers. nullopt: not there.
  struct CacheValue {
    std::string pickled;
    std::uint64_t version = 0;
  };
  virtual std::optional<CacheValue> CacheGet(const std::string& key) = 0;
  virtual Result<std::uint64_t> CachePut(const std::string& key, std::string pickled,
                                         std::optional<double> ttl_seconds) = 0;  // its version
  virtual bool CacheDelete(const std::string& key) = 0;
};

// ---- How a run ends ----

enum class RunOutcome {
  kOk,
  kFailed,
  kOutputRefused,
  kTimeout,
  kCrashed,
  kCancelled,
  kInterrupted
};
std::string_view PrintRunOutcome(RunOutcome outcome);  // "ok", "failed", "output_refused", …

struct RunOutput {
  std::string database;  // empty: the trigger's own
  std::string lines;     // line protocol, as queued by write() in order
};

struct RequestAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct RunResult {
  RunOutcome outcome = RunOutcome::kOk;
  std::string error;               // "ValueError: boom"; empty when ok
  std::string traceback;           // Python's, whole
  std::vector<RunOutput> outputs;  // only when ok
  std::optional<RequestAnswer> answer;
};

// Where plugins run. Real: plugin_host::WorkerHost.
class PluginHost {
 public:
  virtual ~PluginHost() = default;
  // "" when plugins can run; else one sentence why not.
  virtual std::string Unavailable() const = 0;
  // Runs to an outcome, always: a crash, a hang or a missing Python is an outcome too. `services`
  // lives until the task ends. Completes on the host's threads.
  virtual Task<RunResult> Run(RunRequest request, RunServices& services) = 0;
  // The trigger was disabled, deleted or changed: cancel what runs, end its process, drop its
  // cache.
  virtual void Retire(TriggerId trigger) = 0;
  virtual void Stop() = 0;
};

// Finds plugin code by the name in a trigger.
class PluginFiles {
 public:
  virtual ~PluginFiles() = default;
  // ok when the file or directory is there and inside the plugin directory. Errors say what would
  // be right.
  virtual Status Check(std::string_view plugin_filename) = 0;
};

// ---- How a run is recorded ----

// One row of `_internal`'s table of runs, seen as system.processing_engine_runs.
struct RunRow {
  Timestamp time;  // of the start
  std::string run_id;
  std::string batch_id;
  std::string database;
  std::string trigger;
  std::string plugin;
  std::string kind;  // "write", "schedule", "request"
  std::uint32_t attempt = 1;
  RunOutcome outcome = RunOutcome::kOk;
  std::string error;
  std::string traceback;
  wal::SequenceRange consumed;
  std::uint64_t rows_in = 0;
  std::uint64_t lines_out = 0;
  std::chrono::nanoseconds duration{0};
};

struct RunCommitRequest {
  TriggerId trigger;
  wal::SequenceRange consumed;  // {0, 0}: the cursor stays
  Timestamp tick;
  std::uint8_t depth = 0;  // of the outputs
  std::vector<RunOutput> outputs;
  std::string dead_letter;
  RunRow run;
};
// Nothing was written: these lines of the outputs do not fit.
struct OutputRefused {
  std::vector<std::string> reasons;  // "line 2 of database 'd': invalid column type …"
};

// The only port that ends a run: output, cursor and run row in one WAL record (contracts G.2).
class RunCommitter {
 public:
  virtual ~RunCommitter() = default;
  // The sequence of the record when it is durable and visible.
  virtual Task<Result<std::variant<Sequence, OutputRefused>>> Commit(
      const RunCommitRequest& request) = 0;
  // One client-like write of a run (write_sync): `origin` and `depth` are the run's.
  virtual Task<Status> WriteSync(std::string database, std::string lines, bool no_sync,
                                 TriggerId origin, std::uint8_t depth) = 0;
};

class QueryRunner {
 public:
  virtual ~QueryRunner() = default;
  virtual Result<QueryRows> Query(const std::string& database, const std::string& sql,
                                  const std::map<std::string, std::string>& parameters,
                                  std::chrono::nanoseconds time_limit) = 0;  // blocks
};

// One row of `_internal`'s table of plugin logs, seen as system.processing_engine_logs.
struct LogRow {
  Timestamp time;
  std::string database;
  std::string trigger;
  std::string run_id;
  LogSeverity severity = LogSeverity::kInfo;
  std::string text;
};
class LogSink {
 public:
  virtual ~LogSink() = default;
  // Does not block; a row that finds the queue full is dropped and counted.
  virtual void Write(LogRow row) = 0;
};

}  // namespace tidemill::engine
