// The two SQL engines: one for users' statements, caged; one for our own flush and Parquet work.
//
// The only header of sql/ (with ports.h) that other modules include. All calls block and may be
// made from any thread; nobody outside sql/ sees a DuckDB type (contracts F).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "columnar/merge_runs.h"
#include "columnar/value_batch.h"
#include "objectstore/object_store.h"
#include "sql/ports.h"

namespace tidemill::sql {

// A parameter value: $name in the text.
using Parameter =
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string>;

struct Statement {
  std::string text;
  std::vector<std::pair<std::string, Parameter>> parameters;
};

// Rows of a running statement. One thread at a time, but Cancel() from any. What the statement
// pinned is released when the stream is destroyed.
class ResultStream {
 public:
  virtual ~ResultStream() = default;
  virtual const std::vector<columnar::ValueColumn>& columns() const = 0;
  // nullopt: the end. Errors: kInvalid (the user's: a cast that fails …), kLimit (memory, naming
  // the flag), kCancelled, kTimeout is the caller's business (it calls Cancel).
  virtual Result<std::optional<columnar::ValueBatch>> Next() = 0;
  virtual void Cancel() = 0;
};

class UserEngine {
 public:
  struct Options {
    std::uint64_t memory_bytes = 0;    // DuckDB's own limit; 0: its default
    std::size_t threads = 0;           // 0: as many as cores
    std::string spill_directory = "";  // empty: no spilling
  };
  // Checks the library's version and source id, opens, locks down. Error: what does not fit.
  static Result<std::unique_ptr<UserEngine>> Open(objectstore::ObjectStore& store, Clock& clock,
                                                  Options options);
  virtual ~UserEngine() = default;

  // Lexes, parses, gates, binds and starts one statement: SELECT, SHOW, DESCRIBE, EXPLAIN. `now()`
  // is `now`. Errors: kInvalid with the place in the text, kNotFound from the resolver.
  virtual Result<std::unique_ptr<ResultStream>> Start(const Statement& statement,
                                                      NameResolver& resolver, Timestamp now) = 0;
};

struct WrittenParquet {
  std::uint64_t bytes = 0;
  std::uint64_t rows = 0;
  Timestamp min_time;
  Timestamp max_time;
};

class InternalEngine {
 public:
  struct Options {
    std::uint64_t memory_bytes = 256 << 20;
    std::size_t threads = 1;
  };
  static Result<std::unique_ptr<InternalEngine>> Open(objectstore::ObjectStore& store,
                                                      Options options);
  virtual ~InternalEngine() = default;

  // Hands over rows batch by batch, already in the order they shall stand in; nullopt ends.
  using BatchSource = std::function<Result<std::optional<columnar::ValueBatch>>()>;
  // Writes a Parquet object (zstd, row groups of at most 122,880 rows) with these columns; durable
  // when it returns ok. Tags become plain UTF-8 columns, time TIMESTAMP_NS; column field ids are
  // the given ids.
  struct ParquetColumn {
    columnar::ValueColumn column;
    std::uint32_t field_id = 0;  // 0: none
  };
  virtual Result<WrittenParquet> WriteParquet(const std::string& object,
                                              const std::vector<ParquetColumn>& columns,
                                              BatchSource source) = 0;
  // The rows of one of our files, in its order, as MergeRuns takes them: `columns` are tags, time,
  // fields, found by id and NULL where the file lacks them. The run outlives nothing of this
  // engine.
  virtual Result<columnar::MergeRuns::Run> ReadParquet(
      const ParquetFile& file, const std::vector<model::Column>& columns) = 0;
  // What WriteParquet writes, as bytes, for `format=parquet` answers. Error: kUnsupported for types
  // Parquet cannot hold.
  virtual Result<std::string> ParquetBytes(const std::vector<columnar::ValueColumn>& columns,
                                           BatchSource source) = 0;
};

}  // namespace tidemill::sql
