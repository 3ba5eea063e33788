// All tables of the node: recent rows in memory, flushed ones in Parquet files, the manifest that
// lists them.
//
// Writer: the WAL committer's thread, through OnCommitted (and replay before it starts). Readers
// pin TableVersions. A flush freezes a table at one sequence and swaps chunks for a file in one new
// version, after the manifest step is durable (contracts D).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/mutex.h"
#include "base/random.h"
#include "catalog/catalog.h"
#include "objectstore/object_store.h"
#include "observe/metrics.h"
#include "sql/engine.h"
#include "storage/table_version.h"
#include "wal/wal.h"

namespace tidemill::storage {

class Storage final : public wal::GroupListener {
 public:
  struct Options {
    std::string manifest_path;                   // empty: memory only
    std::string object_prefix;                   // "<node>/"
    std::uint64_t flush_table_bytes = 64 << 20;  // a table's buffer above this is flushed
    std::uint64_t buffer_bytes_soft = 1ULL
                                      << 30;  // all buffers above this: the largest are flushed
    std::uint64_t buffer_bytes_hard = 2ULL << 30;  // above this: new writes get kUnavailable
  };
  struct FlushResult {
    std::size_t files = 0;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
  };

  // Reads the manifest. Then replay goes through Replay(), then Start().
  static Result<std::unique_ptr<Storage>> Open(FileSystem& fs, Clock& clock, Random& random,
                                               objectstore::ObjectStore& store,
                                               catalog::Catalog& catalog,
                                               sql::InternalEngine& engine,
                                               observe::Metrics& metrics, Options options);
  ~Storage() override;

  // One record of the WAL before the server serves: rows that the manifest has already are skipped,
  // rows of dropped tables are counted and skipped; kCorrupt when the catalog is older than the
  // record needs.
  Status Replay(const wal::CommittedRecord& record);
  // The background flusher begins. `wal` is told what is flushed.
  void Start(wal::Wal& wal);

  void OnCommitted(const wal::GroupPtr& group) override;

  // Versions of these tables at one visible sequence; a table that never had a row gets an empty
  // one.
  std::vector<std::shared_ptr<const TableVersion>> Pin(std::span<const TableId> tables)
      EXCLUDES_LOCK(mutex_);
  // Error kUnavailable when the buffers are over the hard limit.
  Status AdmitWrite() const;

  // Flushes every table that has buffered rows; used by shutdown and tests. Blocks.
  Result<FlushResult> FlushAll();
  // Stops the flusher; safe twice. Does not flush.
  void Stop();

  std::uint64_t buffer_bytes() const;
  std::vector<std::shared_ptr<const FileEntry>> Files() EXCLUDES_LOCK(mutex_);

 private:
  class Impl;
  explicit Storage(std::unique_ptr<Impl> impl);
  Mutex& mutex_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemill::storage
