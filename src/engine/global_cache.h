// The cache that all plugins of the server share (`use_global=True`): pickled values under a byte
// limit, each with a version, some with an end of life.
//
// Memory only; a restart empties it. The versions let a worker hand out the very object it put or
// got last time while nobody else has changed it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "engine/ports.h"

namespace tidemill::engine {

inline constexpr std::size_t kGlobalCacheBytesMax = 64 << 20;

class GlobalCache {
 public:
  using Value = RunServices::CacheValue;

  GlobalCache(Clock& clock, std::size_t bytes_max) : clock_(clock), bytes_max_(bytes_max) {}

  std::optional<Value> Get(const std::string& key) EXCLUDES_LOCK(mutex_);
  // The value's version. Errors: kInvalid (time to live), kLimit (no room even without what has
  // expired; what was under the key stays).
  Result<std::uint64_t> Put(const std::string& key, std::string pickled,
                            std::optional<double> ttl_seconds) EXCLUDES_LOCK(mutex_);
  bool Delete(const std::string& key) EXCLUDES_LOCK(mutex_);
  std::size_t bytes() const EXCLUDES_LOCK(mutex_);

 private:
  struct Entry {
    Value value;
    std::optional<std::chrono::nanoseconds> expires;  // on the steady clock
  };
  using Entries = std::map<std::string, Entry>;

  bool IsExpired(const Entry& entry) const;
  Entries::iterator FindLive(const std::string& key) REQUIRES_LOCK(mutex_);
  void Erase(Entries::iterator entry) REQUIRES_LOCK(mutex_);
  void EraseExpired() REQUIRES_LOCK(mutex_);

  Clock& clock_;
  const std::size_t bytes_max_;
  mutable Mutex mutex_;
  Entries entries_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;  // of keys and values
  std::uint64_t version_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tidemill::engine
