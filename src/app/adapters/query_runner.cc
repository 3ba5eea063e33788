#include "app/adapters/query_runner.h"

#include "base/status_macros.h"

namespace tidemill::app {
namespace {

// A list of dicts needs several times this in the worker.
constexpr std::size_t kPluginResultRowsMax = 10'000'000;

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
  std::size_t rows = 0;
  while (true) {
    TRY_ASSIGN(auto batch, running->Next());
    if (!batch) return result;
    rows += batch->rows;
    if (rows > kPluginResultRowsMax) {
      return Error{ErrorCode::kLimit, "the result has more than " +
                                          std::to_string(kPluginResultRowsMax) +
                                          " rows: aggregate, or add LIMIT"};
    }
    result.batches.push_back(std::move(*batch));
  }
}

}  // namespace tidemill::app
