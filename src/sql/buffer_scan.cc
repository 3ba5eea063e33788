#include "sql/buffer_scan.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>

#include "duckdb/planner/operator/logical_get.hpp"
#include "sql/chunk_vectors.h"
#include "sql/query_tables.h"
#include "sql/time_range.h"

namespace tidemill::sql {
namespace {

using columnar::Chunk;
using columnar::ChunkSlice;
using duckdb::column_t;
using duckdb::idx_t;

struct BufferBindData final : public duckdb::TableFunctionData {
  explicit BufferBindData(const ScanTable& scanned) : table(scanned) {
    range.min = scanned.stored().cutoff.nanos();
  }

  duckdb::unique_ptr<FunctionData> Copy() const override {
    auto copy = duckdb::make_uniq<BufferBindData>(table);
    copy->range = range;
    return copy;
  }

  const ScanTable& table;  // lives as long as the statement
  TimeRange range;         // rows outside of it are not given out
};

// Slices that may hold rows, handed out one by one.
struct BufferGlobalState final : public duckdb::GlobalTableFunctionState {
  idx_t MaxThreads() const override { return std::max<idx_t>(slices.size(), 1); }

  std::vector<const ChunkSlice*> slices;
  std::vector<column_t> columns;
  TagValuesByColumn tags;
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> rows_done = 0;
  std::size_t rows_total = 0;
};

struct BufferLocalState final : public duckdb::LocalTableFunctionState {
  const ChunkSlice* slice = nullptr;
  std::size_t position = 0;
  std::map<std::pair<const columnar::Generation*, ColumnId>, std::optional<TagReader>> readers;
};

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<duckdb::LogicalType>& types,
                                              duckdb::vector<std::string>& names) {
  const auto number = input.inputs[0].GetValue<std::uint64_t>();
  const ScanTable& table = QueryTables::Find(context, number);
  DescribeColumns(table, types, names);
  return duckdb::make_uniq<BufferBindData>(table);
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> InitGlobal(
    duckdb::ClientContext&, duckdb::TableFunctionInitInput& input) {
  const auto& bind = input.bind_data->Cast<BufferBindData>();
  auto state = duckdb::make_uniq<BufferGlobalState>();
  state->columns.assign(input.column_ids.begin(), input.column_ids.end());
  for (const ChunkSlice& slice : bind.table.stored().chunks) {
    if (slice.rows == 0 || !bind.range.Overlaps(slice.min_time, slice.max_time)) continue;
    state->slices.push_back(&slice);
    state->rows_total += slice.rows;
    for (const column_t column : state->columns) {
      if (column >= bind.table.columns.size()) continue;
      const ScanColumn& scanned = bind.table.columns[column];
      if (scanned.is_tag) state->tags.Add(slice, scanned.id);
    }
  }
  return state;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> InitLocal(duckdb::ExecutionContext&,
                                                              duckdb::TableFunctionInitInput&,
                                                              duckdb::GlobalTableFunctionState*) {
  return duckdb::make_uniq<BufferLocalState>();
}

// How many of the rows are in `range`; their places in `chosen` if not all are.
std::size_t Choose(const std::int64_t* times, std::size_t count, const TimeRange& range,
                   duckdb::SelectionVector& chosen) {
  std::size_t inside = 0;
  for (std::size_t i = 0; i < count; ++i) {
    inside += static_cast<std::size_t>(times[i] >= range.min && times[i] <= range.max);
  }
  if (inside == 0 || inside == count) return inside;
  chosen.Initialize(count);
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    chosen.set_index(at, i);
    at += static_cast<std::size_t>(times[i] >= range.min && times[i] <= range.max);
  }
  return inside;
}

void ReferToTag(const BufferGlobalState& global, BufferLocalState& local, const Chunk& chunk,
                ColumnId tag, std::size_t begin, std::size_t count, duckdb::Vector& target) {
  const auto [entry, is_new] = local.readers.try_emplace({&chunk.generation(), tag});
  if (is_new) {
    if (auto values = global.tags.Find(chunk.generation(), tag)) {
      entry->second.emplace(chunk.generation(), tag, std::move(values));
    }
  }
  if (!entry->second) return MakeNull(target);
  entry->second->Refer(chunk, begin, count, target);
}

void Fill(const BufferBindData& bind, const BufferGlobalState& global, BufferLocalState& local,
          std::size_t begin, std::size_t count, duckdb::DataChunk& output) {
  const Chunk& chunk = *local.slice->chunk;
  for (std::size_t i = 0; i < global.columns.size(); ++i) {
    duckdb::Vector& target = output.data[i];
    if (global.columns[i] >= bind.table.columns.size()) {  // only the count is asked for
      MakeNull(target);
      continue;
    }
    const ScanColumn& column = bind.table.columns[global.columns[i]];
    if (column.is_time) {
      ReferToTimes(chunk, begin, target);
    } else if (column.is_tag) {
      ReferToTag(global, local, chunk, column.id, begin, count, target);
    } else {
      ReferToField(chunk, column.id, begin, count, target);
    }
  }
  output.SetCardinality(count);
}

bool NextSlice(BufferGlobalState& global, BufferLocalState& local) {
  const std::size_t number = global.next.fetch_add(1);
  if (number >= global.slices.size()) return false;
  local.slice = global.slices[number];
  local.position = 0;
  return true;
}

void Scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
  const auto& bind = input.bind_data->Cast<BufferBindData>();
  auto& global = input.global_state->Cast<BufferGlobalState>();
  auto& local = input.local_state->Cast<BufferLocalState>();
  while (true) {
    if (local.slice == nullptr || local.position == local.slice->rows) {
      if (!NextSlice(global, local)) return;  // an empty output ends the scan
    }
    const ChunkSlice& slice = *local.slice;
    const std::size_t begin = local.position;
    const std::size_t count = std::min<std::size_t>(slice.rows - begin, STANDARD_VECTOR_SIZE);
    local.position += count;
    global.rows_done.fetch_add(count, std::memory_order_relaxed);

    std::size_t inside = count;
    duckdb::SelectionVector chosen;
    if (!bind.range.Contains(slice.min_time, slice.max_time)) {
      inside = Choose(slice.chunk->times() + begin, count, bind.range, chosen);
      if (inside == 0) continue;
    }
    Fill(bind, global, local, begin, count, output);
    if (inside < count) output.Slice(chosen, inside);
    return;
  }
}

void LookAtFilters(duckdb::ClientContext&, duckdb::LogicalGet& get, duckdb::FunctionData* data,
                   duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) {
  auto& bind = data->Cast<BufferBindData>();
  bind.range.Intersect(RangeOf(filters, [&](idx_t table, idx_t column) {
    if (table != get.table_index) return false;
    const column_t id = get.GetColumnIds()[column].GetPrimaryIndex();
    return id < bind.table.columns.size() && bind.table.columns[id].is_time;
  }));
}

std::size_t RowsThatMayMatch(const BufferBindData& bind) {
  std::size_t rows = 0;
  for (const ChunkSlice& slice : bind.table.stored().chunks) {
    if (bind.range.Overlaps(slice.min_time, slice.max_time)) rows += slice.rows;
  }
  return rows;
}

duckdb::unique_ptr<duckdb::NodeStatistics> Cardinality(duckdb::ClientContext&,
                                                       const duckdb::FunctionData* data) {
  const std::size_t rows = RowsThatMayMatch(data->Cast<BufferBindData>());
  return duckdb::make_uniq<duckdb::NodeStatistics>(rows, rows);
}

// Lets count(*) without filters be answered from the row counts, where all rows are visible.
duckdb::vector<duckdb::PartitionStatistics> CountRows(duckdb::ClientContext&,
                                                      duckdb::GetPartitionStatsInput& input) {
  const auto& bind = input.bind_data->Cast<BufferBindData>();
  duckdb::vector<duckdb::PartitionStatistics> counts;
  for (const ChunkSlice& slice : bind.table.stored().chunks) {
    if (!bind.range.Contains(slice.min_time, slice.max_time)) return {};
    duckdb::PartitionStatistics one;
    one.row_start = 0;
    one.count = slice.rows;
    one.count_type = duckdb::CountType::COUNT_EXACT;
    counts.push_back(one);
  }
  return counts;
}

double Progress(duckdb::ClientContext&, const duckdb::FunctionData*,
                const duckdb::GlobalTableFunctionState* state) {
  const auto& global = state->Cast<BufferGlobalState>();
  if (global.rows_total == 0) return 100.0;
  return 100.0 * static_cast<double>(global.rows_done.load()) /
         static_cast<double>(global.rows_total);
}

// Without this, count(*) would read a real column.
duckdb::virtual_column_map_t VirtualColumns(duckdb::ClientContext&,
                                            duckdb::optional_ptr<duckdb::FunctionData>) {
  duckdb::virtual_column_map_t columns;
  columns.insert(
      {duckdb::COLUMN_IDENTIFIER_EMPTY, duckdb::TableColumn("", duckdb::LogicalType::BOOLEAN)});
  return columns;
}

}  // namespace

duckdb::TableFunction MakeBufferScan() {
  duckdb::TableFunction scan(kBufferScan, {duckdb::LogicalType::UBIGINT}, Scan, Bind, InitGlobal,
                             InitLocal);
  scan.projection_pushdown = true;
  scan.pushdown_complex_filter = LookAtFilters;
  scan.cardinality = Cardinality;
  scan.get_partition_stats = CountRows;
  scan.table_scan_progress = Progress;
  scan.get_virtual_columns = VirtualColumns;
  return scan;
}

}  // namespace tidemill::sql
