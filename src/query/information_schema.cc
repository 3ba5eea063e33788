#include "query/information_schema.h"

#include <fmt/format.h>

#include <optional>

#include "base/strings.h"
#include "query/value_table_builder.h"

namespace tidemill::query {
namespace {

using columnar::ValueKind;

std::string CatalogName() { return std::string(kCatalogName); }

sql::ValueTable Tables(const catalog::Database& database,
                       const std::vector<SystemTable*>& system_tables) {
  ValueTableBuilder rows("tables", {MakeColumn("table_catalog", ValueKind::kString),
                                    MakeColumn("table_schema", ValueKind::kString),
                                    MakeColumn("table_name", ValueKind::kString),
                                    MakeColumn("table_type", ValueKind::kString)});
  const auto add = [&](std::string_view schema, std::string_view table, const char* type) {
    rows.AddRow({CatalogName(), std::string(schema), std::string(table), std::string(type)});
  };
  for (const auto& [name, table] : database.tables) add(kUserSchema, name, "BASE TABLE");
  for (const SystemTable* table : system_tables) add(kSystemSchema, table->name(), "BASE TABLE");
  for (const std::string& view : InformationSchemaNames()) add(kInformationSchema, view, "VIEW");
  return rows.Finish();
}

// What information_schema.columns says of a type besides its name.
struct TypeFacts {
  std::string name;
  std::optional<std::uint64_t> octets_max;
  std::optional<std::uint64_t> precision;  // in bits
};

constexpr std::uint64_t kTextOctetsMax = INT32_MAX;
constexpr std::uint64_t kIntegerBits = 64;
constexpr std::uint64_t kFloatBits = 24;  // what InfluxDB reports, for 64-bit floats too

TypeFacts FactsOf(const model::Column& column) {
  TypeFacts facts;
  facts.name = model::ArrowTypeName(column.kind, column.type);
  if (column.kind != model::ColumnKind::kField) return facts;
  switch (column.type) {
    case model::DataType::kString: facts.octets_max = kTextOctetsMax; break;
    case model::DataType::kInt64:
    case model::DataType::kUInt64: facts.precision = kIntegerBits; break;
    case model::DataType::kFloat64: facts.precision = kFloatBits; break;
    case model::DataType::kBool:
    case model::DataType::kTimestamp: break;
  }
  return facts;
}

TypeFacts FactsOf(const columnar::ValueType& type) {
  switch (type.kind) {
    case ValueKind::kNull: return {"Null", {}, {}};
    case ValueKind::kBool: return {"Boolean", {}, {}};
    case ValueKind::kInt64: return {"Int64", {}, kIntegerBits};
    case ValueKind::kUInt64: return {"UInt64", {}, kIntegerBits};
    case ValueKind::kFloat64: return {"Float64", {}, kFloatBits};
    case ValueKind::kString: return {"Utf8", kTextOctetsMax, {}};
    case ValueKind::kTimestamp: return {"Timestamp(Nanosecond, None)", {}, {}};
    case ValueKind::kTimestampTz: return {"Timestamp(Nanosecond, Some(\"UTC\"))", {}, {}};
    case ValueKind::kDate: return {"Date32", {}, {}};
    case ValueKind::kTime: return {"Time64(Nanosecond)", {}, {}};
    case ValueKind::kInterval: return {"Interval(MonthDayNano)", {}, {}};
    case ValueKind::kBinary: return {"Binary", kTextOctetsMax, {}};
    case ValueKind::kList: return {"List", {}, {}};
    case ValueKind::kStruct: return {"Struct", {}, {}};
  }
  return {};
}

class ColumnRows {
 public:
  ColumnRows()
      : rows_("columns", {MakeColumn("table_catalog", ValueKind::kString),
                          MakeColumn("table_schema", ValueKind::kString),
                          MakeColumn("table_name", ValueKind::kString),
                          MakeColumn("column_name", ValueKind::kString),
                          MakeColumn("ordinal_position", ValueKind::kUInt64),
                          MakeColumn("column_default", ValueKind::kString),
                          MakeColumn("is_nullable", ValueKind::kString),
                          MakeColumn("data_type", ValueKind::kString),
                          MakeColumn("character_maximum_length", ValueKind::kUInt64),
                          MakeColumn("character_octet_length", ValueKind::kUInt64),
                          MakeColumn("numeric_precision", ValueKind::kUInt64),
                          MakeColumn("numeric_precision_radix", ValueKind::kUInt64),
                          MakeColumn("numeric_scale", ValueKind::kUInt64),
                          MakeColumn("datetime_precision", ValueKind::kUInt64),
                          MakeColumn("interval_type", ValueKind::kString)}) {}

  void BeginTable(std::string_view schema, std::string_view table) {
    schema_ = schema;
    table_ = table;
    position_ = 0;
  }
  void Add(const std::string& name, bool is_nullable, const TypeFacts& type) {
    const Cell radix = type.precision ? Cell(std::uint64_t{2}) : Cell();
    rows_.AddRow({CatalogName(), schema_, table_, name, position_++, Cell(),
                  std::string(is_nullable ? "YES" : "NO"), type.name, Cell(),
                  CellOf(type.octets_max), CellOf(type.precision), radix, Cell(), Cell(), Cell()});
  }
  sql::ValueTable Finish() { return rows_.Finish(); }

 private:
  ValueTableBuilder rows_;
  std::string schema_;
  std::string table_;
  std::uint64_t position_ = 0;
};

sql::ValueTable Columns(const catalog::Database& database,
                        const std::vector<SystemTable*>& system_tables) {
  ColumnRows rows;
  for (const auto& [name, table] : database.tables) {
    rows.BeginTable(kUserSchema, name);
    for (const model::Column& column : table->schema.Alphabetical()) {
      rows.Add(column.name, column.kind != model::ColumnKind::kTime, FactsOf(column));
    }
  }
  for (const SystemTable* table : system_tables) {
    rows.BeginTable(kSystemSchema, table->name());
    for (const columnar::ValueColumn& column : table->columns()) {
      rows.Add(column.name, true, FactsOf(column.type));
    }
  }
  return rows.Finish();
}

sql::ValueTable Schemata() {
  ValueTableBuilder rows("schemata",
                         {MakeColumn("catalog_name", ValueKind::kString),
                          MakeColumn("schema_name", ValueKind::kString),
                          MakeColumn("schema_owner", ValueKind::kString),
                          MakeColumn("default_character_set_catalog", ValueKind::kString),
                          MakeColumn("default_character_set_schema", ValueKind::kString),
                          MakeColumn("default_character_set_name", ValueKind::kString),
                          MakeColumn("sql_path", ValueKind::kString)});
  for (const std::string_view schema : {kInformationSchema, kUserSchema, kSystemSchema}) {
    rows.AddRow({CatalogName(), std::string(schema), Cell(), Cell(), Cell(), Cell(), Cell()});
  }
  return rows.Finish();
}

// Users cannot make views, and those of this schema have no text.
sql::ValueTable Views() {
  return ValueTableBuilder("views", {MakeColumn("table_catalog", ValueKind::kString),
                                     MakeColumn("table_schema", ValueKind::kString),
                                     MakeColumn("table_name", ValueKind::kString),
                                     MakeColumn("definition", ValueKind::kString)})
      .Finish();
}

}  // namespace

const std::vector<std::string>& InformationSchemaNames() {
  static const std::vector<std::string> names = {"columns", "schemata", "tables", "views"};
  return names;
}

Result<sql::ValueTable> MakeInformationSchema(std::string_view view,
                                              const catalog::Database& database,
                                              const std::vector<SystemTable*>& system_tables) {
  if (view == "tables") return Tables(database, system_tables);
  if (view == "columns") return Columns(database, system_tables);
  if (view == "schemata") return Schemata();
  if (view == "views") return Views();
  return TableNotFound(kInformationSchema, view, InformationSchemaNames());
}

Error TableNotFound(std::string_view schema, std::string_view name,
                    const std::vector<std::string>& candidates) {
  std::string message = fmt::format("table '{}.{}.{}' not found", kCatalogName, schema, name);
  if (const auto nearest = NearestName(name, candidates)) {
    message += fmt::format(", did you mean '{}'?", *nearest);
  }
  return NotFoundError(std::move(message));
}

}  // namespace tidemill::query
