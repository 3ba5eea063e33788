#include "sql/result_stream.h"

#include <utility>

#include "base/status_macros.h"
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
    pending_ = connection_->PendingQuery(std::move(statement.statement), true);
    if (pending_->HasError()) return ToError(pending_->GetErrorObject(), text_);
    DescribeColumns(statement.is_explain);
    return Ok();
  });
}

void DuckResultStream::DescribeColumns(bool is_explain) {
  for (std::size_t i = 0; i < pending_->types.size(); ++i) {
    columnar::ValueColumn column{.name = tables_->names().Outer(pending_->names[i]),
                                 .type = ValueTypeOf(pending_->types[i])};
    column.type.is_tag = !is_explain && tables_->is_tag_output(i);
    columns_.push_back(std::move(column));
  }
  if (is_explain && columns_.size() == 2) {
    columns_[0].name = "plan_type";
    columns_[1].name = "plan";
  }
}

Result<std::optional<columnar::ValueBatch>> DuckResultStream::Next() {
  const Error cancelled{ErrorCode::kCancelled, "the query was cancelled"};
  if (is_cancelled_) return cancelled;
  auto batch = CatchingErrors(text_, [&] { return Fetch(); });
  // An interrupt may look like the end of the rows.
  if (is_cancelled_) return cancelled;
  return batch;
}

Result<std::optional<columnar::ValueBatch>> DuckResultStream::Fetch() {
  using Batch = std::optional<columnar::ValueBatch>;
  if (result_ == nullptr) {
    result_ = pending_->Execute();
    if (result_->HasError()) return ToError(result_->GetErrorObject(), text_);
  }
  const auto chunk = result_->Fetch();
  if (result_->HasError()) return ToError(result_->GetErrorObject(), text_);
  if (chunk == nullptr || chunk->size() == 0) return Batch();
  columnar::ValueBatch out;
  out.rows = chunk->size();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    out.columns.push_back(TakeValues(chunk->data[i], chunk->size(), columns_[i].type));
  }
  return Batch(std::move(out));
}

void DuckResultStream::Cancel() {
  is_cancelled_ = true;
  connection_->Interrupt();
}

}  // namespace tidemill::sql
