// The real FileSystem: system calls, with EINTR and short transfers dealt with, and errno as an
// Error.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/file_descriptor.h"
#include "base/file_system.h"
#include "base/status_macros.h"

namespace tidemill {
namespace {

constexpr mode_t kFileMode = 0640;
constexpr mode_t kDirectoryMode = 0750;

ErrorCode CodeOf(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM: return ErrorCode::kUnavailable;
    case ENOENT:
    case ENOTDIR: return ErrorCode::kNotFound;
    case EEXIST: return ErrorCode::kConflict;
    default: return ErrorCode::kIo;
  }
}

std::string Describe(std::string_view call, std::string_view path, int error) {
  return fmt::format("{} '{}': {}", call, path, std::generic_category().message(error));
}

// Reads errno: to be called right after the call that failed.
Error ErrnoError(std::string_view call, std::string_view path) {
  const int error = errno;
  return {CodeOf(error), Describe(call, path, error)};
}

// After a failed sync the kernel may have dropped the data and forgotten about it, so even ENOSPC
// is not an error one may try again after.
Error SyncError(std::string_view path) { return IoError(Describe("sync", path, errno)); }

template <typename Call>
auto RetryInterrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

class PosixFile final : public File {
 public:
  PosixFile(FileDescriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Status WriteAt(std::uint64_t offset, std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t wrote = RetryInterrupted([&] {
        return ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      });
      if (wrote < 0) return ErrnoError("write", path_);
      if (wrote == 0)
        return UnavailableError(
            fmt::format("write '{}': the system took none of {} bytes", path_, bytes.size()));
      bytes = bytes.subspan(static_cast<std::size_t>(wrote));
      offset += static_cast<std::uint64_t>(wrote);
    }
    return Ok();
  }

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> into) const override {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t got = RetryInterrupted([&] {
        return ::pread(fd_.get(), into.data() + done, into.size() - done,
                       static_cast<off_t>(offset + done));
      });
      if (got < 0) return ErrnoError("read", path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Status SyncData() override {
    if (RetryInterrupted([&] { return ::fdatasync(fd_.get()); }) < 0) return SyncError(path_);
    return Ok();
  }

  Result<std::uint64_t> Size() const override {
    struct stat info {};
    if (::fstat(fd_.get(), &info) < 0) return ErrnoError("stat", path_);
    return static_cast<std::uint64_t>(info.st_size);
  }

  Status Truncate(std::uint64_t size) override {
    if (RetryInterrupted([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) < 0)
      return ErrnoError("truncate", path_);
    return Ok();
  }

  Status Allocate(std::uint64_t size) override {
    if (RetryInterrupted([&] { return ::fallocate(fd_.get(), 0, 0, static_cast<off_t>(size)); }) ==
        0)
      return Ok();
    if (errno != EOPNOTSUPP) return ErrnoError("allocate", path_);
    return WriteZeros(size);
  }

 private:
  // For file systems without fallocate: only what lies behind the end, so no data is overwritten.
  Status WriteZeros(std::uint64_t size) {
    static constexpr std::byte kZeros[64 << 10] = {};
    TRY_ASSIGN(std::uint64_t offset, Size());
    while (offset < size) {
      const std::uint64_t step = std::min<std::uint64_t>(size - offset, sizeof kZeros);
      TRY(WriteAt(offset, std::span(kZeros, step)));
      offset += step;
    }
    return Ok();
  }

  const FileDescriptor fd_;
  const std::string path_;
};

// flock: tied to this descriptor, so it ends with the process whatever happens, and a second lock
// in the same process conflicts too.
class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(FileDescriptor fd) : fd_(std::move(fd)) {}

 private:
  const FileDescriptor fd_;
};

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    FileDescriptor fd(RetryInterrupted(
        [&] { return ::open(path.c_str(), FlagsOf(mode) | O_CLOEXEC, kFileMode); }));
    if (!fd.valid()) return ErrnoError(mode == OpenMode::kCreateNew ? "create" : "open", path);
    struct stat info {};
    // The system opens a directory for reading, and then reads fail.
    if (::fstat(fd.get(), &info) == 0 && S_ISDIR(info.st_mode)) {
      errno = EISDIR;
      return ErrnoError("open", path);
    }
    return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd), path));
  }

  Status CreateDirectories(const std::string& path) override {
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
         slash = path.find('/', slash + 1))
      TRY(CreateDirectory(path.substr(0, slash)));
    return CreateDirectory(path);
  }

  Result<std::vector<DirectoryEntry>> List(const std::string& path) override {
    const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
    if (directory == nullptr) return ErrnoError("list", path);
    std::vector<DirectoryEntry> entries;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(directory.get());
      if (entry == nullptr) break;
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat info {};
      // An entry may be removed between the two calls: then it is not there.
      if (::fstatat(::dirfd(directory.get()), name.c_str(), &info, 0) < 0) continue;
      entries.push_back({.name = name,
                         .is_directory = S_ISDIR(info.st_mode),
                         .size = static_cast<std::uint64_t>(info.st_size)});
    }
    if (errno != 0) return ErrnoError("list", path);
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    return entries;
  }

  Result<bool> Exists(const std::string& path) override {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return ErrnoError("stat", path);
  }

  Status Remove(const std::string& path) override {
    if (::unlink(path.c_str()) < 0) return ErrnoError("remove", path);
    return Ok();
  }

  Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) < 0)
      return ErrnoError("rename", fmt::format("{}' to '{}", from, to));
    return Ok();
  }

  Status LinkNew(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) < 0)
      return ErrnoError("link", fmt::format("{}' to '{}", from, to));
    return Ok();
  }

  Status SyncDirectory(const std::string& path) override {
    const FileDescriptor fd(
        RetryInterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (!fd.valid() && errno == EACCES) {
      // A directory that one may enter but not read cannot be opened; syncing everything covers it.
      ::sync();
      return Ok();
    }
    if (!fd.valid()) return ErrnoError("open directory", path);
    if (RetryInterrupted([&] { return ::fsync(fd.get()); }) == 0) return Ok();
    // Some network file systems cannot sync a directory and say so; there is nothing more to ask.
    if (errno == EINVAL) return Ok();
    return SyncError(path);
  }

  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    FileDescriptor fd(RetryInterrupted(
        [&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode); }));
    // What may not be written can be locked all the same.
    if (!fd.valid() && (errno == EROFS || errno == EACCES)) {
      fd = FileDescriptor(
          RetryInterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
    }
    if (!fd.valid()) return ErrnoError("open lock", path);
    if (RetryInterrupted([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) == 0)
      return std::unique_ptr<FileLock>(std::make_unique<PosixFileLock>(std::move(fd)));
    if (errno != EWOULDBLOCK) return ErrnoError("lock", path);
    return ConflictError(fmt::format("lock '{}': another process holds it", path));
  }

  Result<std::uint64_t> FreeBytes(const std::string& path) override {
    struct statvfs info {};
    if (RetryInterrupted([&] { return ::statvfs(path.c_str(), &info); }) < 0)
      return ErrnoError("stat file system of", path);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }

 private:
  static int FlagsOf(OpenMode mode) {
    switch (mode) {
      case OpenMode::kRead: return O_RDONLY;
      case OpenMode::kReadWrite: return O_RDWR;
      case OpenMode::kCreateNew: return O_RDWR | O_CREAT | O_EXCL;
    }
    return O_RDONLY;
  }

  static Status CreateDirectory(const std::string& path) {
    if (::mkdir(path.c_str(), kDirectoryMode) == 0) return Ok();
    const Error failure = ErrnoError("create directory", path);
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return Ok();
    return failure;
  }
};

}  // namespace

std::unique_ptr<FileSystem> MakePosixFileSystem() { return std::make_unique<PosixFileSystem>(); }

}  // namespace tidemill
