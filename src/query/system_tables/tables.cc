// system.tables: every table of the server; seen from `_internal` only.
#include "query/system_tables/system_tables.h"
#include "query/value_table_builder.h"

namespace tidemill::query {
namespace {

using columnar::ValueKind;

std::string SeriesKey(const catalog::Table& table) {
  std::string key;
  for (const model::Column* tag : table.schema.Tags()) {
    if (!key.empty()) key += ", ";
    key += tag->name;
  }
  return key;
}

class TablesTable final : public SystemTable {
 public:
  explicit TablesTable(const catalog::Catalog& catalog) : catalog_(catalog) {}

  std::string_view name() const override { return "tables"; }
  bool internal_only() const override { return true; }

  std::vector<columnar::ValueColumn> columns() const override {
    return {MakeColumn("database_name", ValueKind::kString),
            MakeColumn("table_name", ValueKind::kString),
            MakeColumn("column_count", ValueKind::kUInt64),
            MakeColumn("series_key_columns", ValueKind::kString),
            MakeColumn("last_cache_count", ValueKind::kUInt64),
            MakeColumn("distinct_cache_count", ValueKind::kUInt64),
            MakeColumn("deleted", ValueKind::kBool),
            MakeColumn("hard_deletion_time", ValueKind::kTimestamp)};
  }

  Result<sql::ResolvedTable> Resolve(std::string_view) override {
    ValueTableBuilder rows(name(), columns());
    const auto snapshot = catalog_.Get();
    for (const auto& [database_name, database] : snapshot->databases) {
      for (const auto& [table_name, table] : database->tables) {
        const std::uint64_t columns_with_time = table->schema.columns.size() + 1;
        rows.AddRow({database_name, table_name, columns_with_time, SeriesKey(*table),
                     std::uint64_t{0}, std::uint64_t{0}, false, Cell()});
      }
    }
    return sql::ResolvedTable{rows.Finish(), ""};
  }

 private:
  const catalog::Catalog& catalog_;
};

}  // namespace

std::unique_ptr<SystemTable> MakeTablesTable(const catalog::Catalog& catalog) {
  return std::make_unique<TablesTable>(catalog);
}

}  // namespace tidemill::query
