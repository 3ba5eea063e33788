// Gives out the one database, and opens another when DuckDB has declared the present one broken.
//
// An internal error of DuckDB in one statement makes it refuse all later ones. The database holds
// nothing of ours, so a new one takes its place; statements under way keep the old one.
#pragma once

#include <functional>
#include <memory>

#include "base/mutex.h"
#include "base/result.h"
#include "duckdb/main/database.hpp"

namespace tidemill::sql {

class InstanceKeeper {
 public:
  using Opener = std::function<Result<std::shared_ptr<duckdb::DuckDB>>()>;

  static Result<std::unique_ptr<InstanceKeeper>> Open(Opener opener);

  Result<std::shared_ptr<duckdb::DuckDB>> Current() EXCLUDES_LOCK(mutex_);

 private:
  InstanceKeeper(Opener opener, std::shared_ptr<duckdb::DuckDB> database)
      : opener_(std::move(opener)), database_(std::move(database)) {}

  const Opener opener_;
  Mutex mutex_;
  std::shared_ptr<duckdb::DuckDB> database_ GUARDED_BY(mutex_);
};

}  // namespace tidemill::sql
