#include "engine/global_cache.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/status_macros.h"

namespace tidemill::engine {
namespace {

constexpr double kTtlSecondsMax = 1e9;  // some 30 years: everything longer is a slip

Result<std::optional<std::chrono::nanoseconds>> Lifetime(std::optional<double> ttl_seconds) {
  if (!ttl_seconds) return std::optional<std::chrono::nanoseconds>();
  if (!std::isfinite(*ttl_seconds) || *ttl_seconds < 0 || *ttl_seconds > kTtlSecondsMax) {
    return InvalidError(fmt::format("cache ttl {}: expected seconds from 0 to {:.0e}", *ttl_seconds,
                                    kTtlSecondsMax));
  }
  return std::optional(std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(*ttl_seconds)));
}

}  // namespace

std::optional<GlobalCache::Value> GlobalCache::Get(const std::string& key) {
  MutexLock lock(mutex_);
  const auto entry = FindLive(key);
  if (entry == entries_.end()) return std::nullopt;
  return entry->second.value;
}

Result<std::uint64_t> GlobalCache::Put(const std::string& key, std::string pickled,
                                       std::optional<double> ttl_seconds) {
  TRY_ASSIGN(const auto lifetime, Lifetime(ttl_seconds));
  MutexLock lock(mutex_);
  const std::size_t wanted = key.size() + pickled.size();
  const auto old = FindLive(key);
  const std::size_t replaced =
      old == entries_.end() ? 0 : key.size() + old->second.value.pickled.size();
  if (bytes_ - replaced + wanted > bytes_max_) EraseExpired();
  if (bytes_ - replaced + wanted > bytes_max_) {
    return Error{ErrorCode::kLimit,
                 fmt::format("global cache is full: '{}' needs {} bytes, {} of {} are in use; "
                             "delete keys or give them a ttl",
                             key, wanted, bytes_ - replaced, bytes_max_)};
  }
  bytes_ = bytes_ - replaced + wanted;
  Entry& entry = entries_[key];
  entry.value = {std::move(pickled), ++version_};
  entry.expires = std::nullopt;
  if (lifetime) entry.expires = clock_.Steady() + *lifetime;
  return entry.value.version;
}

bool GlobalCache::Delete(const std::string& key) {
  MutexLock lock(mutex_);
  const auto entry = FindLive(key);
  if (entry == entries_.end()) return false;
  Erase(entry);
  return true;
}

std::size_t GlobalCache::bytes() const {
  MutexLock lock(mutex_);
  return bytes_;
}

bool GlobalCache::IsExpired(const Entry& entry) const {
  return entry.expires && clock_.Steady() >= *entry.expires;
}

GlobalCache::Entries::iterator GlobalCache::FindLive(const std::string& key) {
  const auto entry = entries_.find(key);
  if (entry == entries_.end() || !IsExpired(entry->second)) return entry;
  Erase(entry);
  return entries_.end();
}

void GlobalCache::Erase(Entries::iterator entry) {
  bytes_ -= entry->first.size() + entry->second.value.pickled.size();
  entries_.erase(entry);
}

void GlobalCache::EraseExpired() {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (IsExpired(entry->second)) Erase(entry);
    entry = next;
  }
}

}  // namespace tidemill::engine
