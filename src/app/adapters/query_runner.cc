#include "app/adapters/query_runner.h"

#include "app/adapters/result_limit.h"
#include "base/status_macros.h"

namespace tidemill::app {
namespace {

// A list of dicts needs several times this in the worker.
constexpr std::size_t kPluginResultRowsMax = 10'000'000;
constexpr std::size_t kPluginResultBytesMax = 512 << 20;

}  // namespace

Result<engine::QueryRows> QueryRunnerAdapter::Query(
    const std::string& database, const std::string& sql,
    const std::map<std::string, std::string>& parameters, std::chrono::nanoseconds time_limit) {
  query::QueryRequest request{
      .database = database, .statement = {.text = sql, .parameters = {}}, .time_limit = time_limit};
  for (const auto& [name, value] : parameters)
    request.statement.parameters.emplace_back(name, sql::Parameter(value));
  TRY_ASSIGN(const auto running, queries_.Start(request));
  engine::QueryRows result;
  result.columns = running->columns();
  ResultLimit limit(kPluginResultRowsMax, kPluginResultBytesMax);
  while (true) {
    TRY_ASSIGN(auto batch, running->Next());
    if (!batch) return result;
    TRY(limit.Add(*batch));
    result.batches.push_back(std::move(*batch));
  }
}

}  // namespace tidemill::app
