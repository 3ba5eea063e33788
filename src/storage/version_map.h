// The newest version of every table, at one visible sequence. Immutable: publishing makes the next
// map, which shares all but the touched parts, so taking a map is one pointer copy however many
// tables there are.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "storage/table_version.h"

namespace tidemill::storage {

using VersionPtr = std::shared_ptr<const TableVersion>;

class VersionMap {
 public:
  VersionMap();

  Sequence visible() const { return visible_; }
  // nullptr: the table never had a row.
  VersionPtr Find(TableId table) const;
  // This map with `changed` in the place of what it had for these tables.
  std::shared_ptr<const VersionMap> With(Sequence visible,
                                         std::span<const VersionPtr> changed) const;
  // Every table, in no order.
  std::vector<VersionPtr> All() const;

 private:
  static constexpr std::size_t kShards = 64;
  using Shard = std::unordered_map<TableId, VersionPtr>;
  static std::size_t ShardOf(TableId table) { return table.value() % kShards; }

  Sequence visible_ = 0;
  std::array<std::shared_ptr<const Shard>, kShards> shards_;
};

}  // namespace tidemill::storage
