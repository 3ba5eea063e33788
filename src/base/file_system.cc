#include "base/file_system.h"

#include <vector>

#include "base/status_macros.h"

namespace tidemill {
namespace {

std::string_view WithoutTrailingSlashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

Status CreateWithBytes(FileSystem& fs, const std::string& path, std::string_view bytes) {
  TRY_ASSIGN(const std::unique_ptr<File> file, fs.Open(path, OpenMode::kCreateNew));
  TRY(file->WriteAt(0, std::as_bytes(std::span(bytes.data(), bytes.size()))));
  return file->SyncData();
}

}  // namespace

std::string ParentDirectory(const std::string& path) {
  std::string_view rest = WithoutTrailingSlashes(path);
  const std::size_t slash = rest.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(WithoutTrailingSlashes(rest.substr(0, slash + 1)));
}

Status CreateDirectoriesDurably(FileSystem& fs, const std::string& path) {
  std::vector<std::string> missing;  // deepest first
  std::string existing = path;
  for (;; existing = ParentDirectory(existing)) {
    TRY_ASSIGN(const bool exists, fs.Exists(existing));
    if (exists) break;
    missing.push_back(existing);
  }
  // One by one, outermost first: a crash leaves at most the last one without its sync. That one is
  // `existing` the next time, and is made up for here.
  TRY(fs.SyncDirectory(ParentDirectory(existing)));
  for (auto directory = missing.rbegin(); directory != missing.rend(); ++directory) {
    TRY(fs.CreateDirectories(*directory));
    TRY(fs.SyncDirectory(ParentDirectory(*directory)));
  }
  return Ok();
}

Status WriteSyncedFile(FileSystem& fs, const std::string& path, std::string_view bytes) {
  if (Status removed = fs.Remove(path);
      !removed.ok() && removed.error().code != ErrorCode::kNotFound)
    return removed;
  Status written = CreateWithBytes(fs, path, bytes);
  if (!written.ok()) static_cast<void>(fs.Remove(path));
  return written;
}

Status WriteFileAtomically(FileSystem& fs, const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".tmp";
  TRY(WriteSyncedFile(fs, temporary, bytes));
  if (Status renamed = fs.Rename(temporary, path); !renamed.ok()) {
    static_cast<void>(fs.Remove(temporary));
    return renamed;
  }
  return fs.SyncDirectory(ParentDirectory(path));
}

Result<std::string> ReadWholeFile(FileSystem& fs, const std::string& path) {
  TRY_ASSIGN(const std::unique_ptr<File> file, fs.Open(path, OpenMode::kRead));
  TRY_ASSIGN(const std::uint64_t size, file->Size());
  std::string bytes(size, '\0');
  TRY_ASSIGN(const std::size_t got,
             file->ReadAt(0, std::as_writable_bytes(std::span(bytes.data(), bytes.size()))));
  bytes.resize(got);
  return bytes;
}

}  // namespace tidemill
