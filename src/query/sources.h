// Answers what a statement's table names stand for: one database, at one visible sequence, with one
// catalog snapshot.
//
// Lives while a statement is planned. What it hands out pins what the statement reads and nothing
// else.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "query/system_table.h"
#include "sql/ports.h"
#include "storage/view.h"

namespace tidemill::query {

class Sources final : public sql::NameResolver {
 public:
  // `database` is part of `catalog`. `system_tables`: those that can be seen from it, by name.
  Sources(storage::View view, catalog::Catalog::SnapshotPtr catalog,
          const catalog::Database& database, std::vector<SystemTable*> system_tables);

  Result<sql::ResolvedTable> Resolve(std::string_view schema, std::string_view name) override;
  // Of all tables that were asked for.
  std::size_t parquet_files() const { return parquet_files_; }

 private:
  Result<sql::ResolvedTable> ResolveStored(std::string_view name);
  Result<sql::ResolvedTable> ResolveSystem(std::string_view name);

  const storage::View view_;
  const catalog::Catalog::SnapshotPtr catalog_;  // owns database_
  const catalog::Database& database_;
  const std::vector<SystemTable*> system_tables_;
  std::size_t parquet_files_ = 0;
};

}  // namespace tidemill::query
