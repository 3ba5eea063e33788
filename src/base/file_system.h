// The seam under everything durable: files and directories, with errors as values.
//
// Real: PosixFileSystem. In tests: testing/fault_file_system.h, which loses what was not synced,
// fails call N, and fills up. Used by wal/, catalog/ and objectstore/local; nobody else opens
// files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidemill {

// The errno of a failed call, since ENOSPC and EIO call for different answers (contracts B.4).
// kUnavailable: no space (ENOSPC, EDQUOT, short write). kIo: the device failed. kNotFound: ENOENT.
// Messages are "write '/data/wal/x': No space left on device".

class File {  // one open file; not thread-safe except Read
 public:
  virtual ~File() = default;
  virtual Status WriteAt(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  // Fewer bytes than asked for only at the end of the file.
  virtual Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> into) const = 0;
  // Data (and the size, where it changed) is on the disk when this returns ok (fdatasync).
  virtual Status SyncData() = 0;
  virtual Result<std::uint64_t> Size() const = 0;
  virtual Status Truncate(std::uint64_t size) = 0;
  // Reserves space so that writes up to `size` cannot fail for lack of it; zeros where nothing was
  // written.
  virtual Status Allocate(std::uint64_t size) = 0;
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
  std::uint64_t size = 0;
};

enum class OpenMode {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreateNew,  // must not exist
};

class FileLock {
 public:
  virtual ~FileLock() = default;  // releases
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;
  virtual Status CreateDirectories(const std::string& path) = 0;
  virtual Result<std::vector<DirectoryEntry>> List(const std::string& path) = 0;
  virtual Result<bool> Exists(const std::string& path) = 0;
  virtual Status Remove(const std::string& path) = 0;  // a file; kNotFound if absent
  virtual Status Rename(const std::string& from, const std::string& to) = 0;  // replaces `to`
  // Fails with kConflict when `to` exists: put-if-absent for files.
  virtual Status LinkNew(const std::string& from, const std::string& to) = 0;
  // Creations, renames and removals in this directory are on the disk when this returns ok.
  virtual Status SyncDirectory(const std::string& path) = 0;
  // kConflict when another process holds it.
  virtual Result<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;
  virtual Result<std::uint64_t> FreeBytes(const std::string& path) = 0;
};

std::unique_ptr<FileSystem> MakePosixFileSystem();

// Writes `<path>.tmp`, syncs, renames to `path`, syncs the directory: readers see all or nothing.
Status WriteFileAtomically(FileSystem& fs, const std::string& path, std::string_view bytes);
Result<std::string> ReadWholeFile(FileSystem& fs, const std::string& path);

}  // namespace tidemill
