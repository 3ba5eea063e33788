#include "sql/result_stream.h"

#include <utility>

#include "base/status_macros.h"
#include "duckdb/main/pending_query_result.hpp"
#include "sql/duckdb_errors.h"
#include "sql/value_types.h"
#include "sql/value_vectors.h"

namespace tidemill::sql {

Result<std::unique_ptr<ResultStream>> DuckResultStream::Start(
    std::unique_ptr<duckdb::Connection> connection, GatedStatement statement, std::string text,
    duckdb::shared_ptr<QueryTables> tables) {
  std::unique_ptr<DuckResultStream> stream(new DuckResultStream());
  stream->text_ = std::move(text);
  stream->tables_ = std::move(tables);
  stream->connection_ = std::move(connection);
  TRY(stream->Begin(std::move(statement)));
  return std::unique_ptr<ResultStream>(std::move(stream));
}

DuckResultStream::~DuckResultStream() {
  // A stream nobody reads to its end still has tasks under way.
  if (connection_ != nullptr) connection_->Interrupt();
}

Status DuckResultStream::Begin(GatedStatement statement) {
  return CatchingErrors(text_, [&]() -> Status {
    auto pending = connection_->PendingQuery(std::move(statement.statement), true);
    if (pending->HasError()) return ToError(pending->GetErrorObject(), text_);
    result_ = pending->Execute();
    if (result_->HasError()) return ToError(result_->GetErrorObject(), text_);
    DescribeColumns(statement.is_explain);
    return Ok();
  });
}

void DuckResultStream::DescribeColumns(bool is_explain) {
  for (std::size_t i = 0; i < result_->types.size(); ++i) {
    columnar::ValueColumn column{.name = tables_->names().Outer(result_->names[i]),
                                 .type = ValueTypeOf(result_->types[i])};
    column.type.is_tag = tables_->is_tag_output(i);
    columns_.push_back(std::move(column));
  }
  if (is_explain && columns_.size() == 2) {
    columns_[0].name = "plan_type";
    columns_[1].name = "plan";
  }
}

Result<std::optional<columnar::ValueBatch>> DuckResultStream::Next() {
  using Batch = std::optional<columnar::ValueBatch>;
  if (is_cancelled_) return Error{ErrorCode::kCancelled, "the query was cancelled"};
  auto batch = CatchingErrors(text_, [&]() -> Result<Batch> {
    const auto chunk = result_->Fetch();
    if (result_->HasError()) return ToError(result_->GetErrorObject(), text_);
    if (chunk == nullptr || chunk->size() == 0) return Batch();
    columnar::ValueBatch out{.rows = chunk->size(), .columns = {}};
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      out.columns.push_back(TakeValues(chunk->data[i], chunk->size(), columns_[i].type));
    }
    return Batch(std::move(out));
  });
  // An interrupt may look like the end of the rows.
  if (is_cancelled_) return Error{ErrorCode::kCancelled, "the query was cancelled"};
  return batch;
}

void DuckResultStream::Cancel() {
  is_cancelled_ = true;
  connection_->Interrupt();
}

}  // namespace tidemill::sql
