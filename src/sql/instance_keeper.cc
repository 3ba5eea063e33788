#include "sql/instance_keeper.h"

#include <utility>

#include "base/status_macros.h"
#include "duckdb/main/valid_checker.hpp"

namespace tidemill::sql {

Result<std::unique_ptr<InstanceKeeper>> InstanceKeeper::Open(Opener opener) {
  TRY_ASSIGN(std::shared_ptr<duckdb::DuckDB> database, opener());
  return std::unique_ptr<InstanceKeeper>(
      new InstanceKeeper(std::move(opener), std::move(database)));
}

Result<std::shared_ptr<duckdb::DuckDB>> InstanceKeeper::Current() {
  std::shared_ptr<duckdb::DuckDB> known;
  {
    MutexLock lock(mutex_);
    known = database_;
  }
  if (!duckdb::ValidChecker::IsInvalidated(*known->instance)) return known;
  TRY_ASSIGN(std::shared_ptr<duckdb::DuckDB> fresh, opener_());
  MutexLock lock(mutex_);
  if (database_ == known) database_ = std::move(fresh);  // else somebody was faster
  return database_;
}

}  // namespace tidemill::sql
