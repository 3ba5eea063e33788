// A whole snapshot as the folded log keeps it.
#include <unordered_set>

#include "catalog/change.h"
#include "catalog/json_form.h"

namespace tidemill::catalog {
namespace {

Json TableToJson(const Table& table) {
  Json columns = Json::array();
  for (const model::Column& column : table.schema.columns) {
    Json json = {{"id", column.id.value()}, {"name", column.name}};
    AddColumnForm(json, {column.kind, column.type});
    columns.push_back(std::move(json));
  }
  return {{"id", table.id.value()},
          {"name", table.name},
          {"next_column", table.next_column.value()},
          {"columns", std::move(columns)}};
}

Json DatabaseToJson(const Database& database) {
  Json tables = Json::array();
  for (const auto& [name, table] : database.tables) tables.push_back(TableToJson(*table));
  Json triggers = Json::array();
  for (const auto& [name, trigger] : database.triggers) {
    Json json = {{"id", trigger->id.value()}};
    json.update(TriggerToJson(*trigger));
    triggers.push_back(std::move(json));
  }
  return {{"id", database.id.value()},
          {"name", database.name},
          {"retention_ns", RetentionToJson(database.retention)},
          {"tables", std::move(tables)},
          {"triggers", std::move(triggers)}};
}

// An id that was given out: above 0, below the next one.
std::uint32_t GivenId(const Json& json, std::uint32_t next) {
  const auto id = Unsigned<std::uint32_t>(json);
  if (id == 0 || id >= next) {
    throw BadValue("id " + std::to_string(id) + " was never given: the next is " +
                   std::to_string(next));
  }
  return id;
}

template <typename Map, typename Key, typename Value>
void InsertNew(Map& map, const Key& key, const Value& value, std::string_view what) {
  if (!map.emplace(key, value).second) throw BadValue(std::string(what) + " appears twice");
}

std::shared_ptr<const Table> TableFromJson(const Json& json, DatabaseId database,
                                           std::uint32_t next_table) {
  auto table = std::make_shared<Table>();
  table->id = TableId(GivenId(json.at("id"), next_table));
  table->database = database;
  table->name = json.at("name").get<std::string>();
  table->next_column = ColumnId(Unsigned<std::uint32_t>(json.at("next_column")));
  std::uint32_t last = model::kTimeColumn.value();
  std::unordered_set<std::string> names;
  for (const Json& column : json.at("columns")) {
    const std::uint32_t id = GivenId(column.at("id"), table->next_column.value());
    auto name = column.at("name").get<std::string>();
    if (id <= last) throw BadValue("column ids of table '" + table->name + "' do not grow");
    if (!names.insert(name).second) throw BadValue("column '" + name + "' appears twice");
    const ColumnForm form = ColumnFormFromJson(column);
    table->schema.columns.push_back({ColumnId(id), std::move(name), form.kind, form.type});
    last = id;
  }
  return table;
}

void AddDatabase(const Json& json, Snapshot& snapshot) {
  auto database = std::make_shared<Database>();
  database->id = DatabaseId(GivenId(json.at("id"), snapshot.next_database));
  database->name = json.at("name").get<std::string>();
  database->retention = RetentionFromJson(json.at("retention_ns"));
  for (const Json& entry : json.at("tables")) {
    const auto table = TableFromJson(entry, database->id, snapshot.next_table);
    InsertNew(database->tables, table->name, table, "table '" + table->name + "'");
    InsertNew(snapshot.tables_by_id, table->id, table, "id of table '" + table->name + "'");
  }
  for (const Json& entry : json.at("triggers")) {
    auto trigger = std::make_shared<model::Trigger>(TriggerFromJson(entry));
    trigger->id = TriggerId(GivenId(entry.at("id"), snapshot.next_trigger));
    trigger->database = database->id;
    InsertNew(database->triggers, trigger->name, trigger, "trigger '" + trigger->name + "'");
    InsertNew(snapshot.triggers_by_id, trigger->id, trigger,
              "id of trigger '" + trigger->name + "'");
  }
  InsertNew(snapshot.databases, database->name, database, "database '" + database->name + "'");
  InsertNew(snapshot.databases_by_id, database->id, database,
            "id of database '" + database->name + "'");
}

std::shared_ptr<const Snapshot> FromJson(const Json& json) {
  const Json& body = json.at("snapshot");
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->sequence = Unsigned<std::uint64_t>(body.at("sequence"));
  snapshot->uuid = body.at("uuid").get<std::string>();
  snapshot->next_database = Unsigned<std::uint32_t>(body.at("next_database"));
  snapshot->next_table = Unsigned<std::uint32_t>(body.at("next_table"));
  snapshot->next_trigger = Unsigned<std::uint32_t>(body.at("next_trigger"));
  for (const Json& database : body.at("databases")) AddDatabase(database, *snapshot);
  return snapshot;
}

}  // namespace

std::string EncodeSnapshot(const Snapshot& snapshot) {
  Json databases = Json::array();
  for (const auto& [name, database] : snapshot.databases) {
    databases.push_back(DatabaseToJson(*database));
  }
  return Dump({{"snapshot",
                {{"sequence", snapshot.sequence},
                 {"uuid", snapshot.uuid},
                 {"next_database", snapshot.next_database},
                 {"next_table", snapshot.next_table},
                 {"next_trigger", snapshot.next_trigger},
                 {"databases", std::move(databases)}}}});
}

Result<std::shared_ptr<const Snapshot>> DecodeSnapshot(std::string_view json) {
  return Guarded<std::shared_ptr<const Snapshot>>("catalog snapshot",
                                                  [&] { return FromJson(Json::parse(json)); });
}

}  // namespace tidemill::catalog
