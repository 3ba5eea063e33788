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

// Codes keep apart what calls for different answers. kUnavailable: no space (ENOSPC, EDQUOT, a
// short write) or no descriptors: try again later. kNotFound: ENOENT, ENOTDIR. kConflict: EEXIST,
// or a lock that is held. kIo: everything else, and every failed sync whatever its errno, since
// nobody knows what is on the disk then. Messages are "write '/data/wal/x': No space left on
// device".

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

// What stands before the last slash: "/a/b" gives "/a", "a" gives ".", "/" gives "/".
std::string ParentDirectory(const std::string& path);
// Creates what is missing of `path`; it is on the disk when this returns ok, even where an earlier
// attempt was cut short.
Status CreateDirectoriesDurably(FileSystem& fs, const std::string& path);
// A new file with these bytes, synced; its directory is not. What stands at `path` is removed
// first, and nothing is left there on an error.
Status WriteSyncedFile(FileSystem& fs, const std::string& path, std::string_view bytes);
// Writes `<path>.tmp`, syncs, renames to `path`, syncs the directory: readers see all or nothing.
Status WriteFileAtomically(FileSystem& fs, const std::string& path, std::string_view bytes);
Result<std::string> ReadWholeFile(FileSystem& fs, const std::string& path);

}  // namespace tidemill
