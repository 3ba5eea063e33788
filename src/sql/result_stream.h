// A running DuckDB statement as a ResultStream: batches of our own values, one chunk at a time.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/main/connection.hpp"
#include "duckdb/main/pending_query_result.hpp"
#include "duckdb/main/query_result.hpp"
#include "sql/engine.h"
#include "sql/gate.h"
#include "sql/query_tables.h"

namespace tidemill::sql {

class DuckResultStream final : public ResultStream {
 public:
  // `connection` is the statement's own, `tables` attached to it. Binds and plans; the work is done
  // in Next, so that it can be cancelled from the beginning.
  static Result<std::unique_ptr<ResultStream>> Start(std::unique_ptr<duckdb::Connection> connection,
                                                     GatedStatement statement, std::string text,
                                                     duckdb::shared_ptr<QueryTables> tables);
  ~DuckResultStream() override;

  const std::vector<columnar::ValueColumn>& columns() const override { return columns_; }
  Result<std::optional<columnar::ValueBatch>> Next() override;
  void Cancel() override;

 private:
  DuckResultStream() = default;
  Status Begin(GatedStatement statement);
  void DescribeColumns(bool is_explain);
  Result<std::optional<columnar::ValueBatch>> Fetch();

  std::string text_;
  // Dropped in reverse order: the result reads what the tables pin.
  duckdb::shared_ptr<QueryTables> tables_;
  std::unique_ptr<duckdb::Connection> connection_;
  duckdb::unique_ptr<duckdb::PendingQueryResult> pending_;  // until the first Next
  duckdb::unique_ptr<duckdb::QueryResult> result_;
  std::vector<columnar::ValueColumn> columns_;
  std::atomic<bool> is_cancelled_ = false;
};

}  // namespace tidemill::sql
