// engine::QueryRunner over query/: a plugin's query, its whole result in memory under a limit.
#pragma once

#include "engine/ports.h"
#include "query/query_service.h"

namespace tidemill::app {

class QueryRunnerAdapter final : public engine::QueryRunner {
 public:
  explicit QueryRunnerAdapter(query::QueryService& queries) : queries_(queries) {}
  Result<engine::QueryRows> Query(const std::string& database, const std::string& sql,
                                  const std::map<std::string, std::string>& parameters,
                                  std::chrono::nanoseconds time_limit) override;

 private:
  query::QueryService& queries_;
};

}  // namespace tidemill::app
