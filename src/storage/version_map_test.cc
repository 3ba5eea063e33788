#include "storage/version_map.h"

#include <gtest/gtest.h>

namespace tidemill::storage {
namespace {

VersionPtr Version(std::uint32_t table, Sequence visible) {
  auto version = std::make_shared<TableVersion>();
  version->table = TableId(table);
  version->visible = visible;
  return version;
}

TEST(VersionMap, TheNextMapHasTheChangesAndTheOldOneStays) {
  const VersionMap empty;
  EXPECT_EQ(empty.Find(TableId(1)), nullptr);
  std::vector<VersionPtr> first;
  for (std::uint32_t table = 1; table <= 200; ++table) first.push_back(Version(table, 1));
  const auto before = empty.With(1, first);
  const std::vector<VersionPtr> changed = {Version(7, 2), Version(71, 2), Version(300, 2)};
  const auto after = before->With(2, changed);

  EXPECT_EQ(before->visible(), 1U);
  EXPECT_EQ(after->visible(), 2U);
  EXPECT_EQ(before->All().size(), 200U);
  EXPECT_EQ(after->All().size(), 201U);
  for (std::uint32_t table = 1; table <= 200; ++table) {
    EXPECT_EQ(before->Find(TableId(table))->visible, 1U);
    const bool is_changed = table == 7 || table == 71;
    EXPECT_EQ(after->Find(TableId(table))->visible, is_changed ? 2U : 1U);
  }
  EXPECT_EQ(empty.All().size(), 0U);
}

}  // namespace
}  // namespace tidemill::storage
