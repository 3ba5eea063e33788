// Everything of a node that lies below HTTP: data directory, catalog, log, tables, ingest; on the
// file system and the clock that a test gives. Parquet is replaced by text (storage_fakes.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/data_directory.h"
#include "base/file_system.h"
#include "base/random.h"
#include "base/task.h"
#include "catalog/catalog.h"
#include "ingest/write_service.h"
#include "objectstore/object_store.h"
#include "observe/metrics.h"
#include "oracle.h"
#include "storage/storage.h"
#include "storage/storage_fakes.h"
#include "testing/manual_clock.h"
#include "wal/wal.h"

namespace tidemill::crash {

using WriteResult = Result<ingest::WriteOutcome>;
using ChangeResult = Result<catalog::Catalog::SnapshotPtr>;

// One life of a node; the file system outlives it. The destructor stops it without a flush.
class Stack {
 public:
  struct Options {
    std::uint64_t segment_bytes = 4 << 10;  // small, so that segments come and go
    std::uint64_t reserve_bytes = 8 << 10;
    std::uint64_t fold_catalog_bytes = 4 << 10;
  };
  static constexpr const char* kDataDirectory = "/srv/tidemill";
  static constexpr const char* kNodeDirectory = "/srv/tidemill/n";

  Stack(FileSystem& fs, testing::ManualClock& clock, Random& random, Options options);
  ~Stack();

  Status Start();

  // On their way when this returns; the completion has the answer.
  Completion<WriteResult> StartWrite(ingest::WriteRequest request);
  Completion<ChangeResult> StartChange(catalog::Change change) {
    return catalog_->Commit(std::move(change));
  }
  WriteResult Write(std::string database, std::string body);
  Status Flush();

  // Every row that a query would see at this moment, in files and in memory. Error: a file cannot
  // be read.
  Result<Rows> Read();
  // Only what is in memory: needs no disk.
  Rows ReadMemory();
  Facts ReadFacts() const;

  catalog::Catalog& catalog() { return *catalog_; }
  wal::Wal& wal() { return *wal_; }
  storage::Storage& storage() { return *storage_; }

 private:
  Result<Rows> ReadTables(bool with_files);

  FileSystem& fs_;
  testing::ManualClock& clock_;
  Random& random_;
  const Options options_;
  app::DataDirectory directory_;
  observe::Metrics metrics_;
  std::unique_ptr<objectstore::ObjectStore> objects_;
  std::unique_ptr<storage::FakeInternalEngine> engine_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<wal::Wal> wal_;
  std::unique_ptr<ingest::WriteService> writes_;
};

// Waits for an answer.
template <typename T>
T Await(Completion<T> completion) {
  return storage::Await(std::move(completion));
}

}  // namespace tidemill::crash
