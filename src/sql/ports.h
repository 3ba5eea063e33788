// What the SQL engine asks of the rest of the server: the tables a statement names, pinned.
//
// query/ answers for users, storage/ for flush. No DuckDB type appears here or in engine.h.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/timestamp.h"
#include "columnar/chunk.h"
#include "columnar/value_batch.h"
#include "model/schema.h"

namespace tidemill::sql {

// One Parquet file that may hold rows of a table.
struct ParquetFile {
  std::string object;  // name in the object store
  std::uint64_t bytes = 0;
  std::uint64_t rows = 0;
  Timestamp min_time;
  Timestamp max_time;
  // Some row, within these times, may be the same point as a row of an earlier file.
  bool may_overwrite = false;
  Timestamp overwrite_min = Timestamp::Min();
  Timestamp overwrite_max = Timestamp::Min();
};

// A table of ours as one query sees it: all that is in it stays as it is until `pin` is dropped.
struct StoredTable {
  std::string database;
  std::string name;
  model::TableSchema schema;
  std::vector<columnar::ChunkSlice> chunks;  // oldest first; newer than every file
  std::vector<ParquetFile> files;            // oldest first; the points of one file differ
  Timestamp cutoff = Timestamp::Min();       // rows before it are not seen (retention)
  std::shared_ptr<const void> pin;
};

// A small table computed for this query (system tables, information_schema).
struct ValueTable {
  std::string name;
  std::vector<columnar::ValueColumn> columns;
  std::vector<columnar::ValueBatch> batches;
};

struct ResolvedTable {
  std::variant<StoredTable, ValueTable> table;
  // If set, the name stands for this SELECT over the table, which it calls `input`:
  // "SELECT time, time AS event_time, … FROM input WHERE database_name = 'x'".
  std::string view;
};

// Asked once for every distinct table name of a statement, before binding. `schema` is "" for a
// bare name, else as written, folded: "iox", "system", "information_schema". Errors are shown to
// the user as they are: kNotFound "table 'iox.cpuu' not found, did you mean 'cpu'?".
class NameResolver {
 public:
  virtual ~NameResolver() = default;
  virtual Result<ResolvedTable> Resolve(std::string_view schema, std::string_view name) = 0;
};

}  // namespace tidemill::sql
