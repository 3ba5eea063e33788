#include "sql/instance_keeper.h"

#include <gtest/gtest.h>

#include "duckdb/main/connection.hpp"
#include "duckdb/main/valid_checker.hpp"

namespace tidemill::sql {
namespace {

TEST(InstanceKeeper, ReplacesABrokenDatabaseOnce) {
  int opened = 0;
  auto keeper = InstanceKeeper::Open([&]() -> Result<std::shared_ptr<duckdb::DuckDB>> {
    ++opened;
    return std::make_shared<duckdb::DuckDB>(nullptr);
  });
  ASSERT_TRUE(keeper.ok());
  const auto first = (*keeper)->Current();
  ASSERT_TRUE(first.ok());
  EXPECT_EQ((*keeper)->Current().value(), *first);
  EXPECT_EQ(opened, 1);

  duckdb::ValidChecker::Invalidate(*(*first)->instance, "broken by the test");
  const auto second = (*keeper)->Current();
  ASSERT_TRUE(second.ok());
  EXPECT_NE(*second, *first);
  EXPECT_EQ((*keeper)->Current().value(), *second);
  EXPECT_EQ(opened, 2);
  duckdb::Connection connection(**second);
  EXPECT_FALSE(connection.Query("SELECT 1")->HasError());
}

TEST(InstanceKeeper, SaysWhyNoneCanBeOpened) {
  const auto keeper = InstanceKeeper::Open(
      []() -> Result<std::shared_ptr<duckdb::DuckDB>> { return IoError("no library"); });
  ASSERT_FALSE(keeper.ok());
  EXPECT_EQ(keeper.error().message, "no library");
}

}  // namespace
}  // namespace tidemill::sql
