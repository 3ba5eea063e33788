// system.databases: every database of the server; seen from `_internal` only.
#include "query/system_tables/system_tables.h"
#include "query/value_table_builder.h"

namespace tidemill::query {
namespace {

using columnar::ValueKind;

class DatabasesTable final : public SystemTable {
 public:
  explicit DatabasesTable(const catalog::Catalog& catalog) : catalog_(catalog) {}

  std::string_view name() const override { return "databases"; }
  bool internal_only() const override { return true; }

  std::vector<columnar::ValueColumn> columns() const override {
    return {MakeColumn("database_name", ValueKind::kString),
            MakeColumn("retention_period_ns", ValueKind::kUInt64),
            MakeColumn("deleted", ValueKind::kBool),
            MakeColumn("hard_deletion_time", ValueKind::kTimestamp)};
  }

  Result<sql::ResolvedTable> Resolve(std::string_view) override {
    ValueTableBuilder rows(name(), columns());
    const auto snapshot = catalog_.Get();
    for (const auto& [database_name, database] : snapshot->databases) {
      const Cell retention = database->retention
                                 ? Cell(static_cast<std::uint64_t>(database->retention->count()))
                                 : Cell();
      rows.AddRow({database_name, retention, false, Cell()});
    }
    return sql::ResolvedTable{rows.Finish(), ""};
  }

 private:
  const catalog::Catalog& catalog_;
};

}  // namespace

std::unique_ptr<SystemTable> MakeDatabasesTable(const catalog::Catalog& catalog) {
  return std::make_unique<DatabasesTable>(catalog);
}

}  // namespace tidemill::query
