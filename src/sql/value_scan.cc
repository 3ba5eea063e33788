#include "sql/value_scan.h"

#include <algorithm>

#include "sql/query_tables.h"
#include "sql/value_vectors.h"

namespace tidemill::sql {
namespace {

using duckdb::column_t;

struct ValueBindData final : public duckdb::TableFunctionData {
  explicit ValueBindData(const ScanTable& scanned) : table(scanned) {}
  const ScanTable& table;  // lives as long as the statement
};

// One thread: these tables are small, and their rows keep their order.
struct ValueGlobalState final : public duckdb::GlobalTableFunctionState {
  std::vector<column_t> columns;
  std::size_t batch = 0;
  std::size_t position = 0;
};

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<duckdb::LogicalType>& types,
                                              duckdb::vector<std::string>& names) {
  const auto number = input.inputs[0].GetValue<std::uint64_t>();
  const ScanTable& table = QueryTables::Find(context, number);
  DescribeColumns(table, types, names);
  return duckdb::make_uniq<ValueBindData>(table);
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> Init(duckdb::ClientContext&,
                                                          duckdb::TableFunctionInitInput& input) {
  auto state = duckdb::make_uniq<ValueGlobalState>();
  state->columns.assign(input.column_ids.begin(), input.column_ids.end());
  return state;
}

void Scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
  const ScanTable& table = input.bind_data->Cast<ValueBindData>().table;
  auto& state = input.global_state->Cast<ValueGlobalState>();
  const auto& batches = table.values().batches;
  while (state.batch < batches.size() && state.position == batches[state.batch].rows) {
    ++state.batch;
    state.position = 0;
  }
  if (state.batch == batches.size()) return;
  const columnar::ValueBatch& batch = batches[state.batch];
  const std::size_t count =
      std::min<std::size_t>(batch.rows - state.position, STANDARD_VECTOR_SIZE);
  for (std::size_t i = 0; i < state.columns.size(); ++i) {
    if (state.columns[i] >= table.columns.size()) {  // only the count is asked for
      output.data[i].SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
      duckdb::ConstantVector::SetNull(output.data[i], true);
      continue;
    }
    ReferToValues(batch.columns[table.columns[state.columns[i]].value], state.position, count,
                  output.data[i]);
  }
  state.position += count;
  output.SetCardinality(count);
}

}  // namespace

duckdb::TableFunction MakeValueScan() {
  duckdb::TableFunction scan(kValueScan, {duckdb::LogicalType::UBIGINT}, Scan, Bind, Init);
  scan.projection_pushdown = true;
  return scan;
}

}  // namespace tidemill::sql
