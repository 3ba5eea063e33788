// The table function over batches that are handed in one by one: tidemill_batches().
//
// For the internal engine only. In the order they come, by one thread.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/function/table_function.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "sql/engine.h"

namespace tidemill::sql {

inline constexpr const char* kBatchScan = "tidemill_batches";

duckdb::TableFunction MakeBatchScan();

// What one statement reads, and what went by. Hangs on the statement's connection.
struct BatchInput final : public duckdb::ClientContextState {
  std::vector<std::string> names;  // unique without case
  std::vector<columnar::ValueColumn> columns;
  InternalEngine::BatchSource source;

  std::size_t rows = 0;
  std::int64_t min_time = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_time = std::numeric_limits<std::int64_t>::min();
  std::optional<Error> error;  // of the source

  static void Attach(duckdb::ClientContext& context, duckdb::shared_ptr<BatchInput> input);
};

}  // namespace tidemill::sql
