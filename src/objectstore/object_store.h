// Named objects: the boundary behind which data is stored, local files today, S3 behind the same
// calls.
//
// Names are relative paths of [A-Za-z0-9._/-], without "..". All calls may block; all are
// thread-safe. An object never changes once put.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"

namespace tidemill::objectstore {

struct ObjectInfo {
  std::string name;
  std::uint64_t bytes = 0;
};

// One object being written piece by piece; it appears, durable, when Finish returns ok, and not at
// all when the writer is destroyed before.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  virtual Status Append(std::string_view bytes) = 0;
  virtual Status Finish() = 0;
};

// One object being read; open as long as this lives, even when it is deleted meanwhile.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  virtual std::uint64_t bytes() const = 0;
  // Exactly `into.size()` bytes; kInvalid past the end.
  virtual Status Read(std::uint64_t offset, std::span<std::byte> into) const = 0;
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  // Durable when it returns ok. Replaces.
  virtual Status Put(const std::string& name, std::string_view bytes) = 0;
  // kConflict when the object exists: it is left alone.
  virtual Status PutIfAbsent(const std::string& name, std::string_view bytes) = 0;
  virtual Result<std::unique_ptr<ObjectWriter>> StartPut(const std::string& name) = 0;
  virtual Result<std::string> Get(const std::string& name) = 0;  // kNotFound
  virtual Result<std::unique_ptr<ObjectReader>> Open(const std::string& name) = 0;
  virtual Result<std::vector<ObjectInfo>> List(const std::string& prefix) = 0;  // sorted by name
  virtual Status Delete(const std::string& name) = 0;  // ok when it is not there
};

// Objects as files below `directory` (local_store.cc): written to a temporary name, fsynced,
// linked, and the directory fsynced.
std::unique_ptr<ObjectStore> MakeLocalStore(FileSystem& fs, std::string directory);
// Objects in memory (memory_store.cc): --object-store memory, and tests.
std::unique_ptr<ObjectStore> MakeMemoryStore();

}  // namespace tidemill::objectstore
