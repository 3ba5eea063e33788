// The objects that hold flushed rows: their names, how they are written, when they are deleted.
//
// A file and its block checksums are durable before the manifest lists them, and are deleted when
// the manifest no longer lists them and nobody reads them. What these are and how they look inside:
// docs/formats/parquet_layout.md. Any thread; writing blocks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/result.h"
#include "catalog/snapshot.h"
#include "objectstore/object_store.h"
#include "sql/engine.h"
#include "storage/table_buffer.h"
#include "storage/table_version.h"

namespace tidemill::storage {

// What a table had buffered when it was frozen: its writes of (first, last].
struct FrozenTable {
  std::shared_ptr<const catalog::Table> table;
  Sequence first = 0;
  Sequence last = 0;
  std::vector<columnar::ChunkSlice> pieces;
};

class DataFiles {
 public:
  // `prefix` stands before every name: "<node>/".
  DataFiles(objectstore::ObjectStore& store, sql::InternalEngine& engine, std::string prefix);

  std::string NameOf(DatabaseId database, TableId table, std::uint64_t number) const;
  // The number in such a name; nullopt: not one of ours.
  static std::optional<std::uint64_t> NumberIn(std::string_view object);

  // Sorts the rows, makes one of those that are the same point, writes file and checksums. Durable
  // when it returns ok; on an error nothing stays.
  Result<FileEntry> Write(const FrozenTable& frozen, std::uint64_t number);

  // Makes one file of neighbours, oldest first, all of `table`; one row of each point. The old
  // files' checksums are checked first: damage is not copied under new ones. Gives up with
  // kCancelled when `gives_up` is set. Otherwise as Write; kCorrupt names the damaged file.
  Result<FileEntry> Merge(const catalog::Table& table, const FileList& files, std::uint64_t number,
                          const std::atomic<bool>& gives_up);
  // The file is what was written. Errors: kCorrupt, kNotFound, kIo.
  Status CheckSums(const FileEntry& entry);

  // The entry as versions share it.
  std::shared_ptr<const FileEntry> Share(FileEntry entry);
  // The manifest no longer lists the file: it may go when its last share has died.
  void Retire(const FileEntry& entry);
  // Deletes the retired files that nobody holds any more; says how many.
  std::size_t DeleteDead();

  // Every object of ours, listed or not.
  Result<std::vector<std::string>> List();
  // Deletes an object (and a file's checksums) that no manifest lists. If that fails, the next
  // start finds it and tries again.
  void DeleteGarbage(const std::string& object);

 private:
  // Outlives this object while entries are shared.
  class Graveyard {
   public:
    void Retire(std::uint64_t number) EXCLUDES_LOCK(mutex_);
    void Died(const FileEntry& entry) EXCLUDES_LOCK(mutex_);
    std::vector<std::string> TakeDead() EXCLUDES_LOCK(mutex_);

   private:
    Mutex mutex_;
    std::set<std::uint64_t> retired_ GUARDED_BY(mutex_);
    std::vector<std::string> dead_ GUARDED_BY(mutex_);
  };

  FileEntry NewEntry(const catalog::Table& table, std::uint64_t number) const;
  Result<FileEntry> WriteRows(FileEntry entry,
                              const std::vector<sql::InternalEngine::ParquetColumn>& columns,
                              sql::InternalEngine::BatchSource source);
  Result<std::uint32_t> WriteSums(const std::string& object);

  objectstore::ObjectStore& store_;
  sql::InternalEngine& engine_;
  const std::string prefix_;
  const std::shared_ptr<Graveyard> graveyard_;
};

}  // namespace tidemill::storage
