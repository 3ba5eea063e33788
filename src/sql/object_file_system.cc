#include "sql/object_file_system.h"

#include <algorithm>
#include <span>
#include <utility>

namespace tidemill::sql {
namespace {

[[noreturn]] void Throw(const std::string& path, const Error& error) {
  if (error.code == ErrorCode::kCorrupt) {
    throw duckdb::InvalidInputException("%s: %s", path, error.message);
  }
  throw duckdb::IOException("%s: %s", path, error.message);
}

// A file being read or written: exactly one of the two is set.
struct ObjectHandle final : public duckdb::FileHandle {
  ObjectHandle(duckdb::FileSystem& files, const std::string& name, duckdb::FileOpenFlags open_flags)
      : FileHandle(files, name, open_flags) {}

  void Close() override {
    if (writer == nullptr) return;
    const Status finished = std::exchange(writer, nullptr)->Finish();
    if (!finished.ok()) Throw(path, finished.error());
  }

  std::unique_ptr<objectstore::ObjectReader> reader;
  std::unique_ptr<objectstore::ObjectWriter> writer;
  std::uint64_t position = 0;  // next byte read, or bytes written
};

ObjectHandle& Of(duckdb::FileHandle& handle) { return handle.Cast<ObjectHandle>(); }

}  // namespace

ObjectFileSystem::ObjectFileSystem(objectstore::ObjectStore& store, Access access,
                                   std::string scheme)
    : store_(store), access_(access), scheme_(std::move(scheme)) {}

bool ObjectFileSystem::CanHandleFile(const std::string& path) { return path.starts_with(scheme_); }

std::string ObjectFileSystem::ObjectOf(const std::string& path) const {
  return path.substr(scheme_.size());
}

duckdb::unique_ptr<duckdb::FileHandle> ObjectFileSystem::OpenFile(
    const std::string& path, duckdb::FileOpenFlags flags,
    duckdb::optional_ptr<duckdb::FileOpener>) {
  auto handle = duckdb::make_uniq<ObjectHandle>(*this, path, flags);
  if (flags.OpenForWriting()) {
    if (access_ == Access::kRead) throw duckdb::PermissionException("%s: opened read-only", path);
    auto writer = store_.StartPut(ObjectOf(path));
    if (!writer.ok()) Throw(path, writer.error());
    handle->writer = std::move(writer).value();
  } else {
    auto reader = store_.Open(ObjectOf(path));
    if (!reader.ok()) {
      if (flags.ReturnNullIfNotExists() && reader.error().code == ErrorCode::kNotFound) {
        return nullptr;
      }
      Throw(path, reader.error());
    }
    handle->reader = std::move(reader).value();
  }
  return handle;
}

duckdb::vector<duckdb::OpenFileInfo> ObjectFileSystem::Glob(const std::string& path,
                                                            duckdb::FileOpener*) {
  return {duckdb::OpenFileInfo(path)};  // names are exact: no patterns
}

bool ObjectFileSystem::FileExists(const std::string& path,
                                  duckdb::optional_ptr<duckdb::FileOpener>) {
  return store_.Open(ObjectOf(path)).ok();
}

void ObjectFileSystem::Read(duckdb::FileHandle& handle, void* buffer, std::int64_t bytes,
                            duckdb::idx_t offset) {
  ObjectHandle& object = Of(handle);
  const auto into = std::span(static_cast<std::byte*>(buffer), static_cast<std::size_t>(bytes));
  const Status read = object.reader->Read(offset, into);
  if (!read.ok()) Throw(object.path, read.error());
}

std::int64_t ObjectFileSystem::Read(duckdb::FileHandle& handle, void* buffer, std::int64_t bytes) {
  ObjectHandle& object = Of(handle);
  const std::uint64_t left = object.reader->bytes() - object.position;
  const auto taken = static_cast<std::int64_t>(std::min(left, static_cast<std::uint64_t>(bytes)));
  Read(handle, buffer, taken, object.position);
  object.position += static_cast<std::uint64_t>(taken);
  return taken;
}

std::int64_t ObjectFileSystem::Write(duckdb::FileHandle& handle, void* buffer, std::int64_t bytes) {
  ObjectHandle& object = Of(handle);
  const Status appended =
      object.writer->Append({static_cast<const char*>(buffer), static_cast<std::size_t>(bytes)});
  if (!appended.ok()) Throw(object.path, appended.error());
  object.position += static_cast<std::uint64_t>(bytes);
  return bytes;
}

std::int64_t ObjectFileSystem::GetFileSize(duckdb::FileHandle& handle) {
  const ObjectHandle& object = Of(handle);
  return static_cast<std::int64_t>(object.reader != nullptr ? object.reader->bytes()
                                                            : object.position);
}

// An object never changes once put, so its name is its version.
duckdb::timestamp_t ObjectFileSystem::GetLastModifiedTime(duckdb::FileHandle&) {
  return duckdb::timestamp_t(0);
}
std::string ObjectFileSystem::GetVersionTag(duckdb::FileHandle& handle) { return Of(handle).path; }

duckdb::FileType ObjectFileSystem::GetFileType(duckdb::FileHandle&) {
  return duckdb::FileType::FILE_TYPE_REGULAR;
}

void ObjectFileSystem::Seek(duckdb::FileHandle& handle, duckdb::idx_t location) {
  Of(handle).position = location;
}
duckdb::idx_t ObjectFileSystem::SeekPosition(duckdb::FileHandle& handle) {
  return Of(handle).position;
}

// Closing makes the object durable; nothing is promised before.
void ObjectFileSystem::FileSync(duckdb::FileHandle&) {}

}  // namespace tidemill::sql
