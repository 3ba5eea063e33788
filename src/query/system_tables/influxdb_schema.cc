// system.influxdb_schema: every column of a database's tables, in the words of line protocol.
#include "query/system_tables/system_tables.h"
#include "query/value_table_builder.h"

namespace tidemill::query {
namespace {

using columnar::ValueKind;

std::string WordOf(const model::Column& column) {
  switch (column.kind) {
    case model::ColumnKind::kTime: return "time";
    case model::ColumnKind::kTag: return "tag";
    case model::ColumnKind::kField: break;
  }
  switch (column.type) {
    case model::DataType::kString: return "string";
    case model::DataType::kInt64: return "integer";
    case model::DataType::kUInt64: return "uinteger";
    case model::DataType::kFloat64: return "float";
    case model::DataType::kBool: return "boolean";
    case model::DataType::kTimestamp: return "time";
  }
  return "";
}

class InfluxdbSchemaTable final : public SystemTable {
 public:
  explicit InfluxdbSchemaTable(const catalog::Catalog& catalog) : catalog_(catalog) {}

  std::string_view name() const override { return "influxdb_schema"; }

  std::vector<columnar::ValueColumn> columns() const override {
    return {MakeColumn("measurement", ValueKind::kString), MakeColumn("key", ValueKind::kString),
            MakeColumn("data_type", ValueKind::kString)};
  }

  Result<sql::ResolvedTable> Resolve(std::string_view database) override {
    ValueTableBuilder rows(name(), columns());
    const auto snapshot = catalog_.Get();
    if (const catalog::Database* seen_from = snapshot->FindDatabase(database)) {
      for (const auto& [table_name, table] : seen_from->tables) {
        for (const model::Column& column : table->schema.Alphabetical()) {
          rows.AddRow({table_name, column.name, WordOf(column)});
        }
      }
    }
    return sql::ResolvedTable{rows.Finish(), ""};
  }

 private:
  const catalog::Catalog& catalog_;
};

}  // namespace

std::unique_ptr<SystemTable> MakeInfluxdbSchemaTable(const catalog::Catalog& catalog) {
  return std::make_unique<InfluxdbSchemaTable>(catalog);
}

}  // namespace tidemill::query
