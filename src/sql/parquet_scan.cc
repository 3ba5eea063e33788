#include "sql/parquet_scan.h"

#include <utility>

#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"
#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "sql/object_names.h"
#include "sql/query_tables.h"
#include "sql/time_range.h"

namespace tidemill::sql {
namespace {

using duckdb::idx_t;
using duckdb::MultiFileList;
using duckdb::OpenFileInfo;

duckdb::vector<OpenFileInfo> PathsOf(const std::vector<const ParquetFile*>& files) {
  duckdb::vector<OpenFileInfo> paths;
  for (const ParquetFile* file : files) {
    paths.emplace_back(std::string(kObjectScheme) + file->object);
  }
  return paths;
}

// The files of one table that may hold rows the statement asks for.
class TableFiles final : public duckdb::SimpleMultiFileList {
 public:
  TableFiles(const ScanTable& table, std::vector<const ParquetFile*> files)
      : SimpleMultiFileList(PathsOf(files)), table_(table), files_(std::move(files)) {}

  const ScanTable& table() const { return table_; }

  duckdb::unique_ptr<MultiFileList> ComplexFilterPushdown(
      duckdb::ClientContext&, const duckdb::MultiFileOptions&, duckdb::MultiFilePushdownInfo& info,
      duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) override {
    const TimeRange range = RangeOf(filters, [&](idx_t table, idx_t column) {
      if (table != info.table_index) return false;
      const duckdb::column_t id = info.column_ids[column];
      return id < table_.columns.size() && table_.columns[id].is_time;
    });
    std::vector<const ParquetFile*> kept;
    for (const ParquetFile* file : files_) {
      if (range.Overlaps(file->min_time.nanos(), file->max_time.nanos())) kept.push_back(file);
    }
    if (kept.size() == files_.size()) return nullptr;
    return duckdb::make_uniq<TableFiles>(table_, std::move(kept));
  }

  duckdb::unique_ptr<duckdb::NodeStatistics> GetCardinality(duckdb::ClientContext&) override {
    idx_t rows = 0;
    for (const ParquetFile* file : files_) rows += file->rows;
    return duckdb::make_uniq<duckdb::NodeStatistics>(rows, rows);
  }

  duckdb::unique_ptr<MultiFileList> Copy() override {
    return duckdb::make_uniq<TableFiles>(table_, files_);
  }

 private:
  const ScanTable& table_;  // lives as long as the statement
  const std::vector<const ParquetFile*> files_;
};

struct TableReader final : public duckdb::MultiFileReader {
  static duckdb::unique_ptr<MultiFileReader> Make(const duckdb::TableFunction&) {
    return duckdb::make_uniq<TableReader>();
  }

  // The one "path" is the table's number in the statement.
  duckdb::shared_ptr<MultiFileList> CreateFileList(duckdb::ClientContext& context,
                                                   const duckdb::vector<std::string>& paths,
                                                   const duckdb::FileGlobInput&) override {
    const ScanTable& table = QueryTables::Find(context, std::stoull(paths.front()));
    const std::int64_t cutoff = table.stored().cutoff.nanos();
    std::vector<const ParquetFile*> files;
    for (const ParquetFile& file : table.stored().files) {
      if (file.max_time.nanos() >= cutoff) files.push_back(&file);
    }
    return duckdb::make_shared_ptr<TableFiles>(table, std::move(files));
  }

  bool Bind(duckdb::MultiFileOptions& options, MultiFileList& files,
            duckdb::vector<duckdb::LogicalType>& types, duckdb::vector<std::string>& names,
            duckdb::MultiFileReaderBindData& bind) override {
    const ScanTable& table = dynamic_cast<TableFiles&>(files).table();
    options.auto_detect_hive_partitioning = false;
    DescribeColumns(table, types, names);
    for (const ScanColumn& column : table.columns) {
      duckdb::MultiFileColumnDefinition definition(column.inner, column.type);
      definition.identifier = duckdb::Value::INTEGER(static_cast<std::int32_t>(column.id.value()));
      definition.default_expression =
          duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value(column.type));
      bind.schema.push_back(std::move(definition));
    }
    bind.mapping = duckdb::MultiFileColumnMappingMode::BY_FIELD_ID;
    return true;
  }

  duckdb::unique_ptr<MultiFileReader> Copy() const override {
    return duckdb::make_uniq<TableReader>();
  }
};

}  // namespace

void RegisterParquetScan(duckdb::ExtensionLoader& loader) {
  duckdb::TableFunctionSet set = loader.GetTableFunction("read_parquet").functions;
  set.name = kParquetScan;
  for (duckdb::TableFunction& function : set.functions) {
    function.name = kParquetScan;
    function.get_multi_file_reader = TableReader::Make;
  }
  loader.RegisterFunction(set);
}

}  // namespace tidemill::sql
