#include "sql/merge_scan.h"

#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "columnar/merge_runs.h"
#include "sql/merge_input.h"
#include "sql/merge_slabs.h"
#include "sql/query_tables.h"
#include "sql/scan_filters.h"
#include "sql/value_vectors.h"

namespace tidemill::sql {
namespace {

using columnar::MergeRuns;
using columnar::ValueBatch;
using duckdb::column_t;
using duckdb::idx_t;

struct Reader final : public duckdb::TableFunctionInfo {
  explicit Reader(std::shared_ptr<duckdb::DuckDB> reader) : database(std::move(reader)) {}
  const std::shared_ptr<duckdb::DuckDB> database;
};

// One scan in a plan: what planning found out about it.
struct MergeBindData final : public duckdb::TableFunctionData {
  MergeBindData(const ScanTable& scanned, std::shared_ptr<duckdb::DuckDB> with)
      : table(scanned), reader(std::move(with)) {
    range.min = scanned.stored().cutoff.nanos();
  }
  duckdb::unique_ptr<duckdb::FunctionData> Copy() const override {
    auto copy = duckdb::make_uniq<MergeBindData>(table, reader);
    copy->range = range;
    copy->tags = tags;
    return copy;
  }

  const ScanTable& table;  // lives as long as the statement
  const std::shared_ptr<duckdb::DuckDB> reader;
  TimeRange range;  // outside of it no row is wanted
  std::vector<TagCondition> tags;
};

// Slabs are handed out one by one.
struct MergeGlobalState final : public duckdb::GlobalTableFunctionState {
  idx_t MaxThreads() const override { return std::max<idx_t>(slabs.size(), 1); }

  std::vector<TimeRange> slabs;
  std::vector<model::Column> columns;              // of the merge
  std::vector<std::optional<std::size_t>> places;  // of each output there; nullopt: NULL
  std::atomic<std::size_t> next = 0;
};

struct MergeLocalState final : public duckdb::LocalTableFunctionState {
  std::optional<MergeRuns> merge;  // of the slab in hand
  std::shared_ptr<ValueBatch> batch;
};

// Keeps the text that a vector points into.
struct BatchBuffer final : public duckdb::VectorBuffer {
  explicit BatchBuffer(std::shared_ptr<const ValueBatch> kept)
      : VectorBuffer(duckdb::VectorBufferType::OPAQUE_BUFFER), batch(std::move(kept)) {}
  const std::shared_ptr<const ValueBatch> batch;
};

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<duckdb::LogicalType>& types,
                                              duckdb::vector<std::string>& names) {
  const ScanTable& table = QueryTables::Find(context, input.inputs[0].GetValue<std::uint64_t>());
  DescribeColumns(table, types, names);
  return duckdb::make_uniq<MergeBindData>(table, input.info->Cast<Reader>().database);
}

// The whole key, whatever is asked for, and the fields that are.
void ChooseColumns(const ScanTable& table, const duckdb::vector<column_t>& wanted,
                   MergeGlobalState& state) {
  const model::TableSchema& schema = table.stored().schema;
  for (const model::Column* tag : schema.Tags()) state.columns.push_back(*tag);
  for (const model::Column& column : schema.Alphabetical()) {
    if (column.kind == model::ColumnKind::kTime) state.columns.push_back(column);
  }
  for (const column_t number : wanted) {
    auto& place = state.places.emplace_back();
    if (number >= table.columns.size()) continue;  // only the count is asked for
    const ColumnId id = table.columns[number].id;
    const auto known = std::ranges::find(state.columns, id, &model::Column::id);
    place = static_cast<std::size_t>(known - state.columns.begin());
    if (known == state.columns.end()) state.columns.push_back(*schema.Find(id));
  }
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> InitGlobal(
    duckdb::ClientContext&, duckdb::TableFunctionInitInput& input) {
  const auto& bind = input.bind_data->Cast<MergeBindData>();
  auto state = duckdb::make_uniq<MergeGlobalState>();
  for (TimeRange slab : MergeSlabs(bind.table.stored())) {
    slab.Intersect(bind.range);
    if (slab.min <= slab.max) state->slabs.push_back(slab);
  }
  ChooseColumns(bind.table, input.column_ids, *state);
  return state;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> InitLocal(duckdb::ExecutionContext&,
                                                              duckdb::TableFunctionInitInput&,
                                                              duckdb::GlobalTableFunctionState*) {
  return duckdb::make_uniq<MergeLocalState>();
}

// False: no slab is left.
bool NextSlab(const MergeBindData& bind, MergeGlobalState& global, MergeLocalState& local) {
  const std::size_t number = global.next.fetch_add(1);
  if (number >= global.slabs.size()) return false;
  const MergeInput input{.table = bind.table,
                         .times = global.slabs[number],
                         .tags = bind.tags,
                         .columns = global.columns};
  const MergeRuns::Options options{.tags = bind.table.stored().schema.Tags().size(),
                                   .rows_max = STANDARD_VECTOR_SIZE};
  local.merge.emplace(MakeRuns(input, bind.reader), options);
  return true;
}

void Fill(const MergeGlobalState& global, const std::shared_ptr<const ValueBatch>& batch,
          duckdb::DataChunk& output) {
  for (std::size_t i = 0; i < global.places.size(); ++i) {
    duckdb::Vector& target = output.data[i];
    if (!global.places[i]) {
      target.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
      duckdb::ConstantVector::SetNull(target, true);
      continue;
    }
    ReferToValues(batch->columns[*global.places[i]], 0, batch->rows, target);
    if (target.GetType().InternalType() == duckdb::PhysicalType::VARCHAR) {
      duckdb::StringVector::AddBuffer(target, duckdb::make_buffer<BatchBuffer>(batch));
    }
  }
  output.SetCardinality(batch->rows);
}

void Scan(duckdb::ClientContext& context, duckdb::TableFunctionInput& input,
          duckdb::DataChunk& output) {
  const auto& bind = input.bind_data->Cast<MergeBindData>();
  auto& global = input.global_state->Cast<MergeGlobalState>();
  auto& local = input.local_state->Cast<MergeLocalState>();
  while (local.merge || NextSlab(bind, global, local)) {
    if (context.interrupted) throw duckdb::InterruptException();
    auto next = local.merge->Next();
    if (!next.ok()) throw duckdb::IOException(next.error().message);
    if (!next->has_value()) {
      local.merge.reset();
      continue;
    }
    local.batch = std::make_shared<ValueBatch>(std::move(**next));
    return Fill(global, local.batch, output);
  }
}

void LookAtFilters(duckdb::ClientContext&, duckdb::LogicalGet& get, duckdb::FunctionData* data,
                   duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) {
  auto& bind = data->Cast<MergeBindData>();
  Narrow(bind.table, get, filters, bind.range, bind.tags);
}

duckdb::unique_ptr<duckdb::NodeStatistics> Cardinality(duckdb::ClientContext&,
                                                       const duckdb::FunctionData* data) {
  const auto& bind = data->Cast<MergeBindData>();
  idx_t rows = 0;
  for (const columnar::ChunkSlice& slice : bind.table.stored().chunks) {
    if (bind.range.Overlaps(slice.min_time, slice.max_time)) rows += slice.rows;
  }
  for (const ParquetFile& file : bind.table.stored().files) {
    if (bind.range.Overlaps(file.min_time.nanos(), file.max_time.nanos())) rows += file.rows;
  }
  return duckdb::make_uniq<duckdb::NodeStatistics>(rows, rows);
}

}  // namespace

duckdb::TableFunction MakeMergeScan(std::shared_ptr<duckdb::DuckDB> reader) {
  duckdb::TableFunction scan(kMergeScan, {duckdb::LogicalType::UBIGINT}, Scan, Bind, InitGlobal,
                             InitLocal);
  scan.function_info = duckdb::make_shared_ptr<Reader>(std::move(reader));
  scan.projection_pushdown = true;
  scan.pushdown_complex_filter = LookAtFilters;
  scan.cardinality = Cardinality;
  scan.get_virtual_columns = OnlyTheEmptyColumn;
  return scan;
}

}  // namespace tidemill::sql
