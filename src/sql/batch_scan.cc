#include "sql/batch_scan.h"

#include <algorithm>
#include <utility>

#include "model/schema.h"
#include "sql/value_types.h"
#include "sql/value_vectors.h"

namespace tidemill::sql {
namespace {

constexpr const char* kStateKey = "tidemill_batch_input";

// The source's error is kept whole in the input; this only ends the statement.
[[noreturn]] void Fail(BatchInput& input, Error error) {
  input.error = std::move(error);
  throw duckdb::IOException("the rows to write ended with an error");
}

BatchInput& InputOf(duckdb::ClientContext& context) {
  const auto input = context.registered_state->Get<BatchInput>(kStateKey);
  if (input == nullptr) throw duckdb::InternalException("no batches to read");
  return *input;
}

struct BatchGlobalState final : public duckdb::GlobalTableFunctionState {
  columnar::ValueBatch batch;  // vectors given out point into it
  std::size_t position = 0;
};

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput&,
                                              duckdb::vector<duckdb::LogicalType>& types,
                                              duckdb::vector<std::string>& names) {
  const BatchInput& input = InputOf(context);
  for (std::size_t i = 0; i < input.columns.size(); ++i) {
    types.push_back(LogicalTypeOf(input.columns[i].type));
    names.push_back(input.names[i]);
  }
  return duckdb::make_uniq<duckdb::TableFunctionData>();
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> Init(duckdb::ClientContext&,
                                                          duckdb::TableFunctionInitInput&) {
  return duckdb::make_uniq<BatchGlobalState>();
}

void CountBatch(BatchInput& input, const columnar::ValueBatch& batch) {
  if (batch.columns.size() != input.columns.size()) {
    Fail(input, InternalError("a batch has " + std::to_string(batch.columns.size()) +
                              " columns, expected " + std::to_string(input.columns.size())));
  }
  input.rows += batch.rows;
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    const columnar::ValueVector& values = batch.columns[i];
    if (values.type.kind != input.columns[i].type.kind) {
      Fail(input, InternalError("column '" + input.columns[i].name +
                                "' of a batch has another type than the file"));
    }
    if (input.columns[i].name != model::kTimeColumnName ||
        values.type.kind != columnar::ValueKind::kTimestamp) {
      continue;
    }
    for (const std::uint64_t word : values.words) {
      const auto time = static_cast<std::int64_t>(word);
      input.min_time = std::min(input.min_time, time);
      input.max_time = std::max(input.max_time, time);
    }
  }
}

// False: the end.
bool NextBatch(BatchInput& input, BatchGlobalState& state) {
  do {
    auto next = input.source();
    if (!next.ok()) Fail(input, std::move(next).error());
    if (!next->has_value()) return false;
    state.batch = std::move(**next);
    state.position = 0;
  } while (state.batch.rows == 0);
  CountBatch(input, state.batch);
  return true;
}

void Scan(duckdb::ClientContext& context, duckdb::TableFunctionInput& data,
          duckdb::DataChunk& output) {
  BatchInput& input = InputOf(context);
  auto& state = data.global_state->Cast<BatchGlobalState>();
  if (state.position == state.batch.rows && !NextBatch(input, state)) return;
  const std::size_t count =
      std::min<std::size_t>(state.batch.rows - state.position, STANDARD_VECTOR_SIZE);
  for (std::size_t i = 0; i < state.batch.columns.size(); ++i) {
    ReferToValues(state.batch.columns[i], state.position, count, output.data[i]);
  }
  state.position += count;
  output.SetCardinality(count);
}

}  // namespace

void BatchInput::Attach(duckdb::ClientContext& context, duckdb::shared_ptr<BatchInput> input) {
  context.registered_state->Insert(kStateKey, std::move(input));
}

duckdb::TableFunction MakeBatchScan() {
  return duckdb::TableFunction(kBatchScan, {}, Scan, Bind, Init);
}

}  // namespace tidemill::sql
