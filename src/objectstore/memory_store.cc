// Objects in memory: each an immutable string that its readers share.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "base/mutex.h"
#include "base/status_macros.h"
#include "objectstore/object_errors.h"
#include "objectstore/object_name.h"
#include "objectstore/object_store.h"

namespace tidemill::objectstore {
namespace {

using Bytes = std::shared_ptr<const std::string>;

class MemoryReader final : public ObjectReader {
 public:
  MemoryReader(std::string name, Bytes bytes) : name_(std::move(name)), bytes_(std::move(bytes)) {}

  std::uint64_t bytes() const override { return bytes_->size(); }
  Status Read(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset > bytes_->size() || into.size() > bytes_->size() - offset)
      return ReadPastEnd(name_, offset, into.size(), bytes_->size());
    const auto all = std::as_bytes(std::span(bytes_->data(), bytes_->size()));
    std::ranges::copy(all.subspan(offset, into.size()), into.begin());
    return Ok();
  }

 private:
  const std::string name_;
  const Bytes bytes_;
};

class MemoryStore;

class MemoryWriter final : public ObjectWriter {
 public:
  MemoryWriter(MemoryStore& store, std::string name) : store_(store), name_(std::move(name)) {}

  Status Append(std::string_view bytes) override {
    if (is_finished_) return WriterFinished(name_);
    content_ += bytes;
    return Ok();
  }
  Status Finish() override;

 private:
  MemoryStore& store_;
  const std::string name_;
  std::string content_;
  bool is_finished_ = false;
};

class MemoryStore final : public ObjectStore {
 public:
  Status Put(const std::string& name, std::string_view bytes) override {
    TRY(CheckObjectName(name));
    Replace(name, std::string(bytes));
    return Ok();
  }

  Status PutIfAbsent(const std::string& name, std::string_view bytes) override {
    TRY(CheckObjectName(name));
    auto object = std::make_shared<const std::string>(bytes);
    MutexLock lock(mutex_);
    if (!objects_.try_emplace(name, std::move(object)).second) return ObjectExists(name);
    return Ok();
  }

  Result<std::unique_ptr<ObjectWriter>> StartPut(const std::string& name) override {
    TRY(CheckObjectName(name));
    return std::unique_ptr<ObjectWriter>(std::make_unique<MemoryWriter>(*this, name));
  }

  Result<std::string> Get(const std::string& name) override {
    TRY_ASSIGN(const Bytes bytes, Find(name));
    return *bytes;
  }

  Result<std::unique_ptr<ObjectReader>> Open(const std::string& name) override {
    TRY_ASSIGN(Bytes bytes, Find(name));
    return std::unique_ptr<ObjectReader>(std::make_unique<MemoryReader>(name, std::move(bytes)));
  }

  Result<std::vector<ObjectInfo>> List(const std::string& prefix) override {
    TRY(CheckObjectPrefix(prefix));
    std::vector<ObjectInfo> found;
    MutexLock lock(mutex_);
    for (auto object = objects_.lower_bound(prefix);
         object != objects_.end() && object->first.starts_with(prefix); ++object)
      found.push_back({.name = object->first, .bytes = object->second->size()});
    return found;
  }

  Status Delete(const std::string& name) override {
    TRY(CheckObjectName(name));
    Bytes removed;  // freed after the lock is
    MutexLock lock(mutex_);
    if (const auto object = objects_.find(name); object != objects_.end()) {
      removed = std::move(object->second);
      objects_.erase(object);
    }
    return Ok();
  }

  void Replace(const std::string& name, std::string bytes) {
    auto object = std::make_shared<const std::string>(std::move(bytes));
    MutexLock lock(mutex_);
    std::swap(objects_[name], object);
  }

 private:
  Result<Bytes> Find(const std::string& name) const {
    TRY(CheckObjectName(name));
    MutexLock lock(mutex_);
    const auto object = objects_.find(name);
    if (object == objects_.end()) return ObjectMissing(name);
    return object->second;
  }

  mutable Mutex mutex_;
  std::map<std::string, Bytes> objects_ GUARDED_BY(mutex_);
};

Status MemoryWriter::Finish() {
  if (is_finished_) return WriterFinished(name_);
  is_finished_ = true;
  store_.Replace(name_, std::move(content_));
  return Ok();
}

}  // namespace

std::unique_ptr<ObjectStore> MakeMemoryStore() { return std::make_unique<MemoryStore>(); }

}  // namespace tidemill::objectstore
