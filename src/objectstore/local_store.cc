// Objects as files. A file gets its name only when its bytes are on the disk, and a call returns ok
// only when the name is too: local_files.h does that part.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "objectstore/local_files.h"
#include "objectstore/object_errors.h"
#include "objectstore/object_name.h"
#include "objectstore/object_store.h"

namespace tidemill::objectstore {
namespace {

class LocalReader final : public ObjectReader {
 public:
  LocalReader(std::string name, std::unique_ptr<File> file, std::uint64_t bytes)
      : name_(std::move(name)), file_(std::move(file)), bytes_(bytes) {}

  std::uint64_t bytes() const override { return bytes_; }
  Status Read(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset > bytes_ || into.size() > bytes_ - offset)
      return ReadPastEnd(name_, offset, into.size(), bytes_);
    TRY_ASSIGN(const std::size_t got, file_->ReadAt(offset, into));
    if (got == into.size()) return Ok();
    return CorruptError(fmt::format("object '{}' ends at {}, but had {} bytes when it was opened",
                                    name_, offset + got, bytes_));
  }

 private:
  const std::string name_;
  const std::unique_ptr<File> file_;
  const std::uint64_t bytes_;
};

class LocalWriter final : public ObjectWriter {
 public:
  LocalWriter(LocalFiles& files, std::string name, std::string temporary,
              std::unique_ptr<File> file)
      : files_(files),
        name_(std::move(name)),
        temporary_(std::move(temporary)),
        file_(std::move(file)) {}
  ~LocalWriter() override { GiveUp(); }

  Status Append(std::string_view bytes) override {
    if (file_ == nullptr) return WriterFinished(name_);
    Status written = file_->WriteAt(bytes_, std::as_bytes(std::span(bytes.data(), bytes.size())));
    if (!written.ok()) GiveUp();
    bytes_ += bytes.size();
    return written;
  }

  Status Finish() override {
    if (file_ == nullptr) return WriterFinished(name_);
    Status finished = file_->SyncData();
    if (finished.ok()) finished = files_.Publish(temporary_, name_);
    if (finished.ok())
      file_.reset();
    else
      GiveUp();
    return finished;
  }

 private:
  // Space is given back at once, also when the caller keeps the writer.
  void GiveUp() {
    if (file_ == nullptr) return;
    file_.reset();
    files_.Discard(temporary_);
  }

  LocalFiles& files_;
  const std::string name_;
  const std::string temporary_;
  std::unique_ptr<File> file_;  // nullptr: finished or given up
  std::uint64_t bytes_ = 0;
};

class LocalStore final : public ObjectStore {
 public:
  LocalStore(FileSystem& fs, std::string directory) : files_(fs, std::move(directory)) {}

  Status Put(const std::string& name, std::string_view bytes) override {
    return PutBy(name, bytes,
                 [&](const std::string& temporary) { return files_.Publish(temporary, name); });
  }

  Status PutIfAbsent(const std::string& name, std::string_view bytes) override {
    return PutBy(name, bytes, [&](const std::string& temporary) {
      Status published = files_.PublishIfAbsent(temporary, name);
      files_.Discard(temporary);  // a link, unlike a rename, leaves it
      return published;
    });
  }

  Result<std::unique_ptr<ObjectWriter>> StartPut(const std::string& name) override {
    TRY(CheckObjectName(name));
    TRY_ASSIGN(std::string temporary, files_.NewTemporary());
    files_.Discard(temporary);  // a leftover that could not be removed at the start
    TRY_ASSIGN(std::unique_ptr<File> file, files_.fs().Open(temporary, OpenMode::kCreateNew));
    return std::unique_ptr<ObjectWriter>(
        std::make_unique<LocalWriter>(files_, name, std::move(temporary), std::move(file)));
  }

  Result<std::string> Get(const std::string& name) override {
    TRY_ASSIGN(const std::unique_ptr<ObjectReader> reader, Open(name));
    std::string bytes(reader->bytes(), '\0');
    TRY(reader->Read(0, std::as_writable_bytes(std::span(bytes.data(), bytes.size()))));
    return bytes;
  }

  Result<std::unique_ptr<ObjectReader>> Open(const std::string& name) override {
    TRY(CheckObjectName(name));
    Result<std::unique_ptr<File>> file = files_.fs().Open(files_.PathOf(name), OpenMode::kRead);
    if (!file.ok() && file.error().code == ErrorCode::kNotFound) return ObjectMissing(name);
    TRY(file);
    TRY_ASSIGN(const std::uint64_t bytes, (*file)->Size());
    return std::unique_ptr<ObjectReader>(
        std::make_unique<LocalReader>(name, std::move(file).value(), bytes));
  }

  Result<std::vector<ObjectInfo>> List(const std::string& prefix) override {
    TRY(CheckObjectPrefix(prefix));
    std::vector<ObjectInfo> found;
    // Everything that can match is below the last whole part of the prefix.
    const std::size_t slash = prefix.rfind('/');
    TRY(ListBelow(slash == std::string::npos ? "" : prefix.substr(0, slash + 1), prefix, found));
    std::ranges::sort(found, {}, &ObjectInfo::name);
    return found;
  }

  Status Delete(const std::string& name) override {
    TRY(CheckObjectName(name));
    const std::string path = files_.PathOf(name);
    Status removed = files_.fs().Remove(path);
    if (!removed.ok() && removed.error().code == ErrorCode::kNotFound) return Ok();
    TRY(removed);
    return files_.fs().SyncDirectory(ParentDirectory(path));
  }

 private:
  template <typename Publish>
  Status PutBy(const std::string& name, std::string_view bytes, Publish publish) {
    TRY(CheckObjectName(name));
    TRY_ASSIGN(const std::string temporary, files_.NewTemporary());
    TRY(WriteSyncedFile(files_.fs(), temporary, bytes));
    Status published = publish(temporary);
    if (!published.ok()) files_.Discard(temporary);
    return published;
  }

  // The objects in `folder` ("" or ending in a slash) and below that begin with `prefix`.
  Status ListBelow(const std::string& folder, const std::string& prefix,
                   std::vector<ObjectInfo>& found) {
    const auto entries = files_.fs().List(files_.PathOf(folder));
    if (!entries.ok() && entries.error().code == ErrorCode::kNotFound) return Ok();
    TRY(entries);
    for (const DirectoryEntry& entry : *entries) {
      const std::string name = folder + entry.name;
      const bool is_ours = CheckObjectName(name).ok();  // not ".tmp", not "lost+found"
      if (!is_ours || !(name.starts_with(prefix) || prefix.starts_with(name + "/"))) continue;
      if (entry.is_directory) {
        TRY(ListBelow(name + "/", prefix, found));
      } else {
        found.push_back({.name = name, .bytes = entry.size});
      }
    }
    return Ok();
  }

  LocalFiles files_;
};

}  // namespace

std::unique_ptr<ObjectStore> MakeLocalStore(FileSystem& fs, std::string directory) {
  return std::make_unique<LocalStore>(fs, std::move(directory));
}

}  // namespace tidemill::objectstore
