// system.parquet_files: the files of a database's tables.
#include "query/system_tables/system_tables.h"
#include "query/value_table_builder.h"

namespace tidemill::query {
namespace {

using columnar::ValueKind;

class ParquetFilesTable final : public SystemTable {
 public:
  ParquetFilesTable(const catalog::Catalog& catalog, storage::Storage& storage)
      : catalog_(catalog), storage_(storage) {}

  std::string_view name() const override { return "parquet_files"; }

  std::vector<columnar::ValueColumn> columns() const override {
    return {
        MakeColumn("table_name", ValueKind::kString), MakeColumn("path", ValueKind::kString),
        MakeColumn("size_bytes", ValueKind::kUInt64), MakeColumn("row_count", ValueKind::kUInt64),
        MakeColumn("min_time", ValueKind::kInt64),    MakeColumn("max_time", ValueKind::kInt64)};
  }

  Result<sql::ResolvedTable> Resolve(std::string_view database) override {
    ValueTableBuilder rows(name(), columns());
    const auto snapshot = catalog_.Get();
    const catalog::Database* seen_from = snapshot->FindDatabase(database);
    for (const auto& file : storage_.Files()) {
      const auto table = snapshot->FindTable(file->table);
      if (table == nullptr || seen_from == nullptr || table->database != seen_from->id) continue;
      rows.AddRow({table->name, file->object, file->bytes, file->rows, file->min_time.nanos(),
                   file->max_time.nanos()});
    }
    return sql::ResolvedTable{rows.Finish(), ""};
  }

 private:
  const catalog::Catalog& catalog_;
  storage::Storage& storage_;
};

}  // namespace

std::unique_ptr<SystemTable> MakeParquetFilesTable(const catalog::Catalog& catalog,
                                                   storage::Storage& storage) {
  return std::make_unique<ParquetFilesTable>(catalog, storage);
}

}  // namespace tidemill::query
