// All tables of the node: recent rows in memory, flushed ones in Parquet files, the manifest that
// lists them.
//
// Writer: the WAL committer's thread, through OnCommitted (and replay before it starts). Readers
// pin TableVersions. A flush freezes tables at one sequence and swaps chunks for a file in one new
// version, after the manifest step is durable (contracts D).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/random.h"
#include "catalog/catalog.h"
#include "objectstore/object_store.h"
#include "observe/metrics.h"
#include "sql/engine.h"
#include "storage/flusher.h"
#include "storage/table_version.h"
#include "storage/view.h"
#include "wal/wal.h"

namespace tidemill::storage {

class Storage final : public wal::GroupListener {
 public:
  struct Options {
    std::string manifest_path;                   // empty: memory only
    std::string object_prefix;                   // "<node>/"
    std::uint64_t flush_table_bytes = 64 << 20;  // a table's buffer above this is flushed
    std::uint64_t buffer_bytes_soft = 1 << 30;   // all buffers above this: the largest are flushed
    std::uint64_t buffer_bytes_hard = 2ULL << 30;  // above this: new writes get kUnavailable
    std::uint64_t wal_bytes_soft = 1 << 30;  // a log above this: what holds its oldest rows is
                                             // flushed, however small
  };
  using FlushResult = FlushSummary;

  // Reads the manifest. Then replay goes through Replay(), then Start(). Errors: kCorrupt "the
  // manifest … is missing, but there are data files …", kIo.
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
  // What was replayed becomes visible and the background flusher begins. `wal` is told what is
  // flushed, and outlives Stop(). Error: kCorrupt when the log ends before what is in files: new
  // writes would get sequences that a later start takes for flushed.
  Status Start(wal::Wal& wal);

  void OnCommitted(const wal::GroupPtr& group) override;

  // Everything visible now; `catalog` says how long each database keeps its rows.
  View Look(catalog::Catalog::SnapshotPtr catalog);
  // Versions of these tables at one visible sequence; a table that never had a row gets an empty
  // one.
  std::vector<std::shared_ptr<const TableVersion>> Pin(std::span<const TableId> tables);
  // Error kUnavailable when the buffers are over the hard limit.
  Status AdmitWrite() const;

  // Flushes every table that has buffered rows; used by shutdown and tests. Blocks.
  Result<FlushResult> FlushAll();
  // Makes one file of `count` neighbours of a table, the first of which is `first` in its version.
  // The compactor does this by itself where it is worth it. Blocks. Errors: see
  // storage/compactor.h.
  Status MergeFiles(TableId table, std::size_t first, std::size_t count);
  // Files whose rows are all past their retention leave the manifest; they are deleted when nobody
  // reads them. Returns how many left. The flusher does this by itself.
  Result<std::size_t> DropExpiredFiles();
  // Deletes what left the manifest and is not read any more. Returns how many. As above.
  std::size_t DeleteUnusedFiles();
  // Stops flusher and compactor; safe twice. Does not flush.
  void Stop();

  std::uint64_t buffer_bytes() const;
  // What is in memory only: the log is needed from the oldest of it on.
  std::vector<BufferedTable> Buffered() const;
  // In the log, of tables that the catalog no longer has: they were skipped.
  std::uint64_t rows_of_dropped_tables() const;
  FileList Files();  // by number

 private:
  class Impl;
  explicit Storage(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemill::storage
