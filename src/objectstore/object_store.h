// Named objects: the boundary behind which data is stored, local files today, S3 behind the same
// calls.
//
// Names are relative paths of [A-Za-z0-9._/-], no part of which begins with a dot (object_name.h);
// a name is not also the folder of another. All calls may block; all are thread-safe. A reader sees
// one object whole, also while a Put replaces it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
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

// One object being written piece by piece by one thread; it appears, durable, when Finish returns
// ok, and not at all when the writer is destroyed before. Not to outlive its store.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  // After an error of either call the object is given up, and every later call is refused.
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
  // Those whose names begin with `prefix` ("db/1" finds "db/1/x" and "db/10/y"), sorted by name.
  virtual Result<std::vector<ObjectInfo>> List(const std::string& prefix) = 0;
  virtual Status Delete(const std::string& name) = 0;  // for good; ok when it is not there
};

// Objects as files below `directory` (local_store.cc): written to a temporary name, fsynced,
// renamed or linked, and the directory fsynced. At most one store writes there at a time.
std::unique_ptr<ObjectStore> MakeLocalStore(FileSystem& fs, std::string directory);
// Objects in memory (memory_store.cc): --object-store memory, and tests.
std::unique_ptr<ObjectStore> MakeMemoryStore();

}  // namespace tidemill::objectstore
