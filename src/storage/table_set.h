// Every table of the node: its buffer, its files, and the version of it that readers see.
//
// Two locks. The writer's orders what changes tables: groups from the WAL, freezes, the swap of
// chunks for files. The other guards only the pointer to the published map, so readers never wait
// for a writer. No I/O in here.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "observe/metrics.h"
#include "storage/data_files.h"
#include "storage/manifest.h"
#include "storage/memory_meter.h"
#include "storage/table_buffer.h"
#include "storage/table_layout.h"
#include "storage/table_version.h"
#include "storage/version_map.h"
#include "wal/wal.h"

namespace tidemill::storage {

// A table that has rows in memory.
struct BufferedTable {
  TableId table;
  std::uint64_t bytes = 0;
  Sequence first_sequence = 0;  // of its oldest write in memory
  std::uint32_t series = 0;     // of its newest rows
};

// A freeze that is in a file, which the manifest lists.
struct InstalledFile {
  Sequence through = 0;
  std::shared_ptr<const FileEntry> file;
};

class TableSet {
 public:
  TableSet(catalog::Catalog& catalog, observe::Metrics& metrics);

  // What the manifest holds; before anything else.
  void Restore(const std::vector<TableFlushed>& flushed, const FileList& files)
      EXCLUDES_LOCK(writer_mutex_);
  // One record of the log at start; nothing is visible before EndReplay. Errors: kCorrupt.
  Status Replay(const wal::CommittedRecord& record) EXCLUDES_LOCK(writer_mutex_);
  // Returns the last write that is in a file.
  Sequence EndReplay() EXCLUDES_LOCK(writer_mutex_);
  // Makes a durable group visible, all of it at once. Returns the bytes of the largest buffer it
  // touched.
  std::uint64_t Apply(const wal::CommittedGroup& group) EXCLUDES_LOCK(writer_mutex_);

  std::shared_ptr<const VersionMap> versions() const EXCLUDES_LOCK(mutex_);
  std::uint64_t buffer_bytes() const { return meter_->bytes(); }
  std::uint64_t rows_of_dropped_tables() const { return rows_of_dropped_tables_.value(); }

  std::vector<BufferedTable> Buffered() const EXCLUDES_LOCK(writer_mutex_);
  // What these tables have in memory now, all at one sequence; tables without rows are left out.
  // Readers see no change.
  std::vector<FrozenTable> Freeze(std::span<const TableId> tables) EXCLUDES_LOCK(writer_mutex_);
  // Swaps frozen chunks for their files, all tables in one step.
  void Install(std::span<const InstalledFile> files) EXCLUDES_LOCK(writer_mutex_);
  // Readers see all of these, of one table.
  bool Lists(const FileList& files) const EXCLUDES_LOCK(writer_mutex_);
  // Puts one file in the place of neighbours that are listed.
  void Replace(const FileList& old_files, std::shared_ptr<const FileEntry> merged)
      EXCLUDES_LOCK(writer_mutex_);
  // Takes files out of what readers see from now on.
  void Remove(const FileList& files) EXCLUDES_LOCK(writer_mutex_);
  // Every row up to here is in files, once these are installed.
  Sequence FlushedThrough(std::span<const InstalledFile> files) const EXCLUDES_LOCK(writer_mutex_);

 private:
  struct Table {
    Table(TableId table_id, TableBuffer table_buffer)
        : id(table_id), buffer(std::move(table_buffer)) {}
    TableId id;
    std::optional<TableLayout> layout;  // of the catalog's newest table
    TableBuffer buffer;
    FileList files;                  // by last_sequence
    Sequence flushed = 0;            // the files hold everything up to here
    Sequence last_write = 0;         // of its newest row
    bool is_touched = false;         // since it was published
    std::vector<Sequence> replayed;  // while the log is read: what it has given this table
  };

  Status ApplyRecord(const wal::CommittedRecord& record) REQUIRES_LOCK(writer_mutex_);
  Status ApplyRows(Sequence sequence, const wal::RowsRecord& record) REQUIRES_LOCK(writer_mutex_);
  Status ApplyCarried(const wal::CarriedRows& carried) REQUIRES_LOCK(writer_mutex_);
  Status CheckCatalog(const wal::RowsRecord& record) const REQUIRES_LOCK(writer_mutex_);
  // nullptr: the table has been dropped. Its layout is up to date.
  Table* Prepare(const wal::TableRows& rows) REQUIRES_LOCK(writer_mutex_);
  Table& At(TableId table) REQUIRES_LOCK(writer_mutex_);
  void Touch(Table& table) REQUIRES_LOCK(writer_mutex_);
  void Publish() REQUIRES_LOCK(writer_mutex_) EXCLUDES_LOCK(mutex_);

  catalog::Catalog& catalog_;
  const std::shared_ptr<MemoryMeter> meter_;
  observe::Counter& rows_of_dropped_tables_;
  std::atomic<std::uint64_t> epochs_ = 0;

  mutable Mutex writer_mutex_;
  std::unordered_map<TableId, std::unique_ptr<Table>> tables_ GUARDED_BY(writer_mutex_);
  std::vector<Table*> touched_ GUARDED_BY(writer_mutex_);
  catalog::Catalog::SnapshotPtr snapshot_ GUARDED_BY(writer_mutex_);  // newest that was looked at
  Sequence visible_ GUARDED_BY(writer_mutex_) = 0;
  bool is_replaying_ GUARDED_BY(writer_mutex_) = true;

  mutable Mutex mutex_;
  std::shared_ptr<const VersionMap> versions_ GUARDED_BY(mutex_);
};

}  // namespace tidemill::storage
