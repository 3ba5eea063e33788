// Changes as the catalog's log keeps them.
#include "base/overload.h"
#include "catalog/change.h"
#include "catalog/json_form.h"
#include "catalog/snapshot_editor.h"

namespace tidemill::catalog {
namespace {

Json DeltaToJson(const TableDelta& delta) {
  Json columns = Json::array();
  for (const NewColumn& column : delta.columns) {
    Json json = {{"name", column.name}};
    AddColumnForm(json, {column.kind, column.type});
    columns.push_back(std::move(json));
  }
  return {{"name", delta.table}, {"columns", std::move(columns)}};
}

TableDelta DeltaFromJson(const Json& json) {
  TableDelta delta{.table = json.at("name").get<std::string>(), .columns = {}};
  for (const Json& column : json.at("columns")) {
    const ColumnForm form = ColumnFormFromJson(column);
    delta.columns.push_back({column.at("name").get<std::string>(), form.kind, form.type});
  }
  return delta;
}

Json ToJson(const Change& change) {
  return std::visit(
      Overload{
          [](const CreateDatabase& create) -> Json {
            return {{"create_database",
                     {{"name", create.name}, {"retention_ns", RetentionToJson(create.retention)}}}};
          },
          [](const SetRetention& set) -> Json {
            return {
                {"set_retention",
                 {{"database", set.database}, {"retention_ns", RetentionToJson(set.retention)}}}};
          },
          [](const CreateTable& create) -> Json {
            return {{"create_table",
                     {{"database", create.database}, {"table", DeltaToJson(create.table)}}}};
          },
          [](const ExtendSchema& extend) -> Json {
            Json tables = Json::array();
            for (const TableDelta& delta : extend.tables) tables.push_back(DeltaToJson(delta));
            return {
                {"extend_schema", {{"database", extend.database}, {"tables", std::move(tables)}}}};
          },
          [](const CreateTrigger& create) -> Json {
            return {{"create_trigger",
                     {{"database", create.database}, {"trigger", TriggerToJson(create.trigger)}}}};
          },
          [](const DeleteTrigger& remove) -> Json {
            return {
                {"delete_trigger", {{"database", remove.database}, {"trigger", remove.trigger}}}};
          },
          [](const SetTriggerDisabled& set) -> Json {
            return {{"set_trigger_disabled",
                     {{"database", set.database},
                      {"trigger", set.trigger},
                      {"disabled", set.disabled},
                      {"reason", CleanReason(set.reason)},
                      {"at_ns", set.at.nanos()}}}};
          },
      },
      change);
}

ExtendSchema ExtendSchemaFromJson(const Json& body) {
  ExtendSchema extend{.database = body.at("database").get<std::string>(), .tables = {}};
  for (const Json& delta : body.at("tables")) extend.tables.push_back(DeltaFromJson(delta));
  return extend;
}

SetTriggerDisabled SetTriggerDisabledFromJson(const Json& body) {
  return {.database = body.at("database").get<std::string>(),
          .trigger = body.at("trigger").get<std::string>(),
          .disabled = body.at("disabled").get<bool>(),
          .reason = body.at("reason").get<std::string>(),
          .at = Timestamp(Signed(body.at("at_ns")))};
}

Change FromJson(const Json& json) {
  if (!json.is_object() || json.size() != 1) throw BadValue("expected an object with one member");
  const std::string& kind = json.begin().key();
  const Json& body = json.begin().value();
  const auto text = [&](const char* member) { return body.at(member).get<std::string>(); };
  if (kind == "create_database") {
    return CreateDatabase{text("name"), RetentionFromJson(body.at("retention_ns"))};
  }
  if (kind == "set_retention") {
    return SetRetention{text("database"), RetentionFromJson(body.at("retention_ns"))};
  }
  if (kind == "create_table") {
    return CreateTable{text("database"), DeltaFromJson(body.at("table"))};
  }
  if (kind == "extend_schema") return ExtendSchemaFromJson(body);
  if (kind == "create_trigger") {
    return CreateTrigger{text("database"), TriggerFromJson(body.at("trigger"))};
  }
  if (kind == "delete_trigger") return DeleteTrigger{text("database"), text("trigger")};
  if (kind == "set_trigger_disabled") return SetTriggerDisabledFromJson(body);
  throw BadValue("unknown change '" + kind + "'");
}

}  // namespace

std::string EncodeChange(const Change& change) { return Dump(ToJson(change)); }

Result<Change> DecodeChange(std::string_view json) {
  return Guarded<Change>("catalog change", [&] { return FromJson(Json::parse(json)); });
}

}  // namespace tidemill::catalog
