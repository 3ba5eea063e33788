#include "sql/buffer_scan.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>

#include "duckdb/planner/operator/logical_get.hpp"
#include "sql/chunk_vectors.h"
#include "sql/query_tables.h"
#include "sql/row_chooser.h"
#include "sql/scan_filters.h"
#include "sql/tag_filter.h"
#include "sql/time_range.h"

namespace tidemill::sql {
namespace {

using columnar::Chunk;
using columnar::ChunkSlice;
using duckdb::column_t;
using duckdb::idx_t;

// Slices that may hold rows, handed out one by one.
struct BufferGlobalState final : public duckdb::GlobalTableFunctionState {
  explicit BufferGlobalState(RowChooser row_chooser) : rows(std::move(row_chooser)) {}

  idx_t MaxThreads() const override { return std::max<idx_t>(slices.size(), 1); }

  std::vector<const ChunkSlice*> slices;
  std::vector<column_t> columns;
  RowChooser rows;
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

// Where the first rows by time are wanted, slices come in that order: the others may be skipped.
void SortSlices(BufferGlobalState& state) {
  if (!state.rows.bound()) return;
  if (state.rows.bound()->newest_first) {
    std::ranges::stable_sort(state.slices, std::ranges::greater(), &ChunkSlice::max_time);
  } else {
    std::ranges::stable_sort(state.slices, {}, &ChunkSlice::min_time);
  }
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> InitGlobal(
    duckdb::ClientContext&, duckdb::TableFunctionInitInput& input) {
  const auto& bind = input.bind_data->Cast<BufferBindData>();
  auto state = duckdb::make_uniq<BufferGlobalState>(RowChooser(bind.range, bind.bound, bind.tags));
  state->columns.assign(input.column_ids.begin(), input.column_ids.end());
  for (const ChunkSlice& slice : bind.table.stored().chunks) {
    if (slice.rows == 0) continue;
    state->rows.Prepare(slice);
    if (state->rows.CanSkip(slice)) continue;
    state->slices.push_back(&slice);
    state->rows_total += slice.rows;
    for (const column_t column : state->columns) {
      if (column >= bind.table.columns.size()) continue;
      const ScanColumn& scanned = bind.table.columns[column];
      if (scanned.is_tag) state->tags.Add(slice, scanned.id);
    }
  }
  SortSlices(*state);
  return state;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> InitLocal(duckdb::ExecutionContext&,
                                                              duckdb::TableFunctionInitInput&,
                                                              duckdb::GlobalTableFunctionState*) {
  return duckdb::make_uniq<BufferLocalState>();
}

void ReferToTag(const BufferGlobalState& global, BufferLocalState& local, const ChunkRows& rows,
                ColumnId tag, duckdb::Vector& target) {
  const columnar::Generation& generation = rows.chunk.generation();
  const auto [entry, is_new] = local.readers.try_emplace({&generation, tag});
  if (is_new) {
    if (auto values = global.tags.Find(generation, tag)) {
      entry->second.emplace(generation, tag, std::move(values));
    }
  }
  if (!entry->second) return MakeNull(target);
  entry->second->Refer(rows, target);
}

void Fill(const BufferBindData& bind, const BufferGlobalState& global, BufferLocalState& local,
          const ChunkRows& rows, duckdb::DataChunk& output) {
  for (std::size_t i = 0; i < global.columns.size(); ++i) {
    duckdb::Vector& target = output.data[i];
    if (global.columns[i] >= bind.table.columns.size()) {  // only the count is asked for
      MakeNull(target);
      continue;
    }
    const ScanColumn& column = bind.table.columns[global.columns[i]];
    if (column.is_time) {
      ReferToTimes(rows, target);
    } else if (column.is_tag) {
      ReferToTag(global, local, rows, column.id, target);
    } else {
      ReferToField(rows, column.id, target);
    }
  }
  output.SetCardinality(rows.count);
}

// False: no slice is left.
bool NextSlice(BufferGlobalState& global, BufferLocalState& local) {
  while (true) {
    const std::size_t number = global.next.fetch_add(1);
    if (number >= global.slices.size()) return false;
    local.slice = global.slices[number];
    local.position = 0;
    if (!global.rows.CanSkip(*local.slice)) return true;
  }
}

void Scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
  const auto& bind = input.bind_data->Cast<BufferBindData>();
  auto& global = input.global_state->Cast<BufferGlobalState>();
  auto& local = input.local_state->Cast<BufferLocalState>();
  while (true) {
    if (local.slice == nullptr || local.position == local.slice->rows) {
      if (!NextSlice(global, local)) return;  // an empty output ends the scan
    }
    const std::size_t rows = local.slice->rows;
    const std::size_t count = std::min<std::size_t>(rows - local.position, STANDARD_VECTOR_SIZE);
    const bool from_the_end = global.rows.bound() && global.rows.bound()->newest_first;
    const std::size_t begin = from_the_end ? rows - local.position - count : local.position;
    local.position += count;
    global.rows_done.fetch_add(count, std::memory_order_relaxed);

    duckdb::SelectionVector chosen;
    const std::size_t wanted = global.rows.Choose(*local.slice, begin, count, chosen);
    if (wanted == 0) continue;
    Fill(bind, global, local,
         {.chunk = *local.slice->chunk,
          .begin = begin,
          .count = wanted,
          .chosen = wanted < count ? &chosen : nullptr},
         output);
    return;
  }
}

void LookAtFilters(duckdb::ClientContext&, duckdb::LogicalGet& get, duckdb::FunctionData* data,
                   duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) {
  auto& bind = data->Cast<BufferBindData>();
  Narrow(bind.table, get, filters, bind.range, bind.tags);
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

}  // namespace

BufferBindData::BufferBindData(const ScanTable& scanned) : table(scanned) {
  range.min = scanned.stored().cutoff.nanos();
}

duckdb::unique_ptr<duckdb::FunctionData> BufferBindData::Copy() const {
  auto copy = duckdb::make_uniq<BufferBindData>(table);
  copy->range = range;
  copy->tags = tags;
  copy->bound = bound;
  return copy;
}

duckdb::TableFunction MakeBufferScan() {
  duckdb::TableFunction scan(kBufferScan, {duckdb::LogicalType::UBIGINT}, Scan, Bind, InitGlobal,
                             InitLocal);
  scan.projection_pushdown = true;
  scan.pushdown_complex_filter = LookAtFilters;
  scan.cardinality = Cardinality;
  scan.get_partition_stats = CountRows;
  scan.table_scan_progress = Progress;
  scan.get_virtual_columns = OnlyTheEmptyColumn;
  return scan;
}

}  // namespace tidemill::sql
