#include "storage/version_map.h"

namespace tidemill::storage {

VersionMap::VersionMap() { shards_.fill(std::make_shared<const Shard>()); }

VersionPtr VersionMap::Find(TableId table) const {
  const Shard& shard = *shards_[ShardOf(table)];
  const auto found = shard.find(table);
  return found == shard.end() ? nullptr : found->second;
}

std::shared_ptr<const VersionMap> VersionMap::With(Sequence visible,
                                                   std::span<const VersionPtr> changed) const {
  auto next = std::make_shared<VersionMap>(*this);
  next->visible_ = visible;
  std::array<std::shared_ptr<Shard>, kShards> copies;
  for (const VersionPtr& version : changed) {
    const std::size_t index = ShardOf(version->table);
    if (copies[index] == nullptr) {
      copies[index] = std::make_shared<Shard>(*shards_[index]);
      next->shards_[index] = copies[index];
    }
    (*copies[index])[version->table] = version;
  }
  return next;
}

std::vector<VersionPtr> VersionMap::All() const {
  std::vector<VersionPtr> out;
  for (const auto& shard : shards_) {
    for (const auto& [table, version] : *shard) out.push_back(version);
  }
  return out;
}

}  // namespace tidemill::storage
