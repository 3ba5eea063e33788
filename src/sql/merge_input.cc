#include "sql/merge_input.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "columnar/row_gather.h"
#include "columnar/row_order.h"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/pending_query_result.hpp"
#include "duckdb/main/query_result.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/comparison_expression.hpp"
#include "duckdb/parser/expression/conjunction_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/operator_expression.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"
#include "sql/duckdb_errors.h"
#include "sql/duckdb_instance.h"
#include "sql/object_names.h"
#include "sql/parquet_scan.h"
#include "sql/row_chooser.h"
#include "sql/value_vectors.h"

namespace tidemill::sql {
namespace {

using columnar::ChunkSlice;
using columnar::MergeRuns;
using columnar::RowRef;
using columnar::ValueBatch;
using duckdb::ExpressionType;
using duckdb::make_uniq;
using duckdb::ParsedExpression;
using duckdb::unique_ptr;
using duckdb::Value;

constexpr std::uint64_t kReaderBytesMax = 256 << 20;

// The wanted rows of one slice, added in order of arrival.
void Choose(const RowChooser& chooser, const ChunkSlice& slice, std::uint32_t number,
            std::vector<RowRef>& rows) {
  const std::int64_t* times = slice.chunk->times();
  for (std::size_t begin = 0; begin < slice.rows; begin += STANDARD_VECTOR_SIZE) {
    const std::size_t count = std::min<std::size_t>(slice.rows - begin, STANDARD_VECTOR_SIZE);
    duckdb::SelectionVector chosen;
    const std::size_t wanted = chooser.Choose(slice, begin, count, chosen);
    for (std::size_t i = 0; i < wanted; ++i) {
      const std::size_t row = begin + (wanted == count ? i : chosen.get_index(i));
      rows.push_back({times[row], number, static_cast<std::uint32_t>(row)});
    }
  }
}

std::optional<MergeRuns::Run> BufferRun(const MergeInput& input) {
  const std::vector<ChunkSlice>& slices = input.table.stored().chunks;
  RowChooser chooser(input.times, std::nullopt, input.tags);
  for (const ChunkSlice& slice : slices) chooser.Prepare(slice);
  std::vector<RowRef> rows;
  for (std::uint32_t i = 0; i < slices.size(); ++i) {
    if (!chooser.CanSkip(slices[i])) Choose(chooser, slices[i], i, rows);
  }
  if (rows.empty()) return std::nullopt;
  std::vector<ColumnId> key;
  for (const model::Column* tag : input.table.stored().schema.Tags()) key.push_back(tag->id);
  rows = OrderRows(slices, key, rows);
  auto gather = std::make_shared<columnar::RowGather>(
      slices, input.columns, std::move(rows),
      columnar::RowGather::Limits{.rows_max = STANDARD_VECTOR_SIZE});
  return [gather]() -> Result<std::optional<ValueBatch>> { return gather->Next(); };
}

unique_ptr<ParsedExpression> Constant(Value value) {
  return make_uniq<duckdb::ConstantExpression>(std::move(value));
}
unique_ptr<ParsedExpression> Time(std::int64_t nanos) {
  return Constant(Value::TIMESTAMPNS(duckdb::timestamp_ns_t(nanos)));
}

// One file, read by a statement of its own.
class FileRun {
 public:
  FileRun(const MergeInput& input, const ParquetFile& file, std::shared_ptr<duckdb::DuckDB> reader)
      : columns_(input.columns), reader_(std::move(reader)), connection_(*reader_) {
    const StoredTable& table = input.table.stored();
    StoredTable one;
    one.database = table.database;
    one.name = table.name;
    one.schema = table.schema;
    one.files.push_back(file);
    tables_->Add(std::move(one));
    tables_->FixNames();
    QueryTables::Attach(*connection_.context, tables_);
    statement_ = Select(input, file);
  }

  std::optional<ValueBatch> Next() {
    if (result_ == nullptr) {
      const auto pending = connection_.PendingQuery(std::move(statement_), true);
      if (pending->HasError()) pending->GetErrorObject().Throw();
      result_ = pending->Execute();
    }
    if (result_->HasError()) result_->GetErrorObject().Throw();
    const auto chunk = result_->Fetch();
    if (result_->HasError()) result_->GetErrorObject().Throw();
    if (chunk == nullptr || chunk->size() == 0) return std::nullopt;
    ValueBatch batch;
    batch.rows = chunk->size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      batch.columns.push_back(
          TakeValues(chunk->data[i], chunk->size(), columnar::ValueTypeOf(columns_[i])));
    }
    return batch;
  }

 private:
  unique_ptr<ParsedExpression> Reference(ColumnId id) const {
    const auto& columns = tables_->table(0).columns;
    return make_uniq<duckdb::ColumnRefExpression>(
        std::ranges::find(columns, id, &ScanColumn::id)->inner);
  }

  unique_ptr<duckdb::SelectStatement> Select(const MergeInput& input, const ParquetFile& file) {
    auto node = make_uniq<duckdb::SelectNode>();
    for (const model::Column& column : columns_) {
      node->select_list.push_back(Reference(column.id));
    }
    duckdb::vector<unique_ptr<ParsedExpression>> arguments;
    arguments.push_back(Constant(Value("0")));
    auto from = make_uniq<duckdb::TableFunctionRef>();
    from->function =
        make_uniq<duckdb::FunctionExpression>(std::string(kParquetScan), std::move(arguments));
    node->from_table = std::move(from);
    node->where_clause = Where(input, file);
    auto select = make_uniq<duckdb::SelectStatement>();
    select->node = std::move(node);
    return select;
  }

  // nullptr: every row is wanted.
  unique_ptr<ParsedExpression> Where(const MergeInput& input, const ParquetFile& file) {
    duckdb::vector<unique_ptr<ParsedExpression>> conditions;
    const ColumnId time = input.columns[input.table.stored().schema.Tags().size()].id;
    if (file.min_time.nanos() < input.times.min) {
      conditions.push_back(make_uniq<duckdb::ComparisonExpression>(
          ExpressionType::COMPARE_GREATERTHANOREQUALTO, Reference(time), Time(input.times.min)));
    }
    if (file.max_time.nanos() > input.times.max) {
      conditions.push_back(make_uniq<duckdb::ComparisonExpression>(
          ExpressionType::COMPARE_LESSTHANOREQUALTO, Reference(time), Time(input.times.max)));
    }
    for (const TagCondition& tag : input.tags) {
      duckdb::vector<unique_ptr<ParsedExpression>> operands;
      operands.push_back(Reference(tag.tag));
      for (const std::string& value : tag.values) operands.push_back(Constant(Value(value)));
      conditions.push_back(
          make_uniq<duckdb::OperatorExpression>(ExpressionType::COMPARE_IN, std::move(operands)));
    }
    if (conditions.empty()) return nullptr;
    if (conditions.size() == 1) return std::move(conditions.front());
    return make_uniq<duckdb::ConjunctionExpression>(ExpressionType::CONJUNCTION_AND,
                                                    std::move(conditions));
  }

  const std::vector<model::Column> columns_;
  // Dropped in reverse order: the result reads what the tables name.
  const std::shared_ptr<duckdb::DuckDB> reader_;
  duckdb::shared_ptr<QueryTables> tables_ = duckdb::make_shared_ptr<QueryTables>();
  duckdb::Connection connection_;
  unique_ptr<duckdb::SQLStatement> statement_;
  unique_ptr<duckdb::QueryResult> result_;
};

}  // namespace

std::vector<MergeRuns::Run> MakeRuns(const MergeInput& input,
                                     std::shared_ptr<duckdb::DuckDB> reader) {
  std::vector<MergeRuns::Run> runs;
  if (auto buffer = BufferRun(input)) runs.push_back(std::move(*buffer));
  const std::vector<ParquetFile>& files = input.table.stored().files;
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    if (!input.times.Overlaps(file->min_time.nanos(), file->max_time.nanos())) continue;
    auto run = std::make_shared<FileRun>(input, *file, reader);
    runs.push_back([run]() -> Result<std::optional<ValueBatch>> { return run->Next(); });
  }
  return runs;
}

MergeRuns::Run MakeFileRun(const ParquetFile& file, std::vector<model::Column> columns,
                           std::shared_ptr<duckdb::DuckDB> reader) {
  StoredTable table;
  std::ranges::copy_if(columns, std::back_inserter(table.schema.columns), [](const auto& column) {
    return column.kind != model::ColumnKind::kTime;  // every schema has it, unsaid
  });
  table.files.push_back(file);
  const ScanTable scanned{std::move(table), {}};
  const MergeInput input{scanned, {}, {}, std::move(columns)};
  auto run = std::make_shared<FileRun>(input, file, std::move(reader));
  return [run]() -> Result<std::optional<ValueBatch>> {
    return CatchingErrors("", [&]() -> Result<std::optional<ValueBatch>> { return run->Next(); });
  };
}

Result<std::shared_ptr<duckdb::DuckDB>> OpenMergeReader(objectstore::ObjectStore& store) {
  const InstanceOptions options{.memory_bytes = kReaderBytesMax,
                                .threads = 1,
                                .spill_directory = "",
                                .keeps_row_order = true,
                                .mounts = {{kObjectScheme, store}}};
  TRY_ASSIGN(std::shared_ptr<duckdb::DuckDB> database, OpenInstance(options));
  TRY(CatchingErrors("", [&]() -> Status {
    duckdb::Connection connection(*database);
    connection.BeginTransaction();
    duckdb::ExtensionLoader loader(*database->instance, "tidemill");
    RegisterParquetScan(loader);
    connection.Commit();
    return Ok();
  }));
  TRY(LockDown(*database, options));
  return database;
}

}  // namespace tidemill::sql
