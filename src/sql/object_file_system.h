// Objects of the store as DuckDB's files: "obj://<object name>".
//
// Whole objects are read by range and written front to back; an object appears when its file is
// closed, and not at all when writing failed. The user engine gets the read-only kind.
#pragma once

#include <cstdint>

#include "duckdb/common/file_system.hpp"
#include "objectstore/object_store.h"

namespace tidemill::sql {

class ObjectFileSystem final : public duckdb::FileSystem {
 public:
  enum class Access : std::uint8_t { kRead, kReadWrite };
  // `scheme`: what the names it answers for begin with.
  ObjectFileSystem(objectstore::ObjectStore& store, Access access, std::string scheme);

  std::string GetName() const override { return "ObjectFileSystem"; }
  bool CanHandleFile(const std::string& path) override;
  duckdb::unique_ptr<duckdb::FileHandle> OpenFile(
      const std::string& path, duckdb::FileOpenFlags flags,
      duckdb::optional_ptr<duckdb::FileOpener> opener) override;
  duckdb::vector<duckdb::OpenFileInfo> Glob(const std::string& path,
                                            duckdb::FileOpener* opener) override;
  bool FileExists(const std::string& path,
                  duckdb::optional_ptr<duckdb::FileOpener> opener) override;

  void Read(duckdb::FileHandle& handle, void* buffer, std::int64_t bytes,
            duckdb::idx_t offset) override;
  std::int64_t Read(duckdb::FileHandle& handle, void* buffer, std::int64_t bytes) override;
  std::int64_t Write(duckdb::FileHandle& handle, void* buffer, std::int64_t bytes) override;
  std::int64_t GetFileSize(duckdb::FileHandle& handle) override;
  duckdb::timestamp_t GetLastModifiedTime(duckdb::FileHandle& handle) override;
  std::string GetVersionTag(duckdb::FileHandle& handle) override;
  duckdb::FileType GetFileType(duckdb::FileHandle& handle) override;
  void Seek(duckdb::FileHandle& handle, duckdb::idx_t location) override;
  duckdb::idx_t SeekPosition(duckdb::FileHandle& handle) override;
  void FileSync(duckdb::FileHandle& handle) override;
  bool CanSeek() override { return true; }
  bool OnDiskFile(duckdb::FileHandle&) override { return false; }

 private:
  std::string ObjectOf(const std::string& path) const;

  objectstore::ObjectStore& store_;
  const Access access_;
  const std::string scheme_;
};

}  // namespace tidemill::sql
