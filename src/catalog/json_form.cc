#include "catalog/json_form.h"

#include "model/trigger_spec.h"

namespace tidemill::catalog {
namespace {

using model::ColumnKind;
using model::DataType;

std::string_view FieldTypeName(DataType type) {
  switch (type) {
    case DataType::kString: return "utf8";
    case DataType::kInt64: return "int64";
    case DataType::kUInt64: return "uint64";
    case DataType::kFloat64: return "float64";
    case DataType::kBool: return "bool";
    case DataType::kTimestamp: break;
  }
  CHECK(false) << "a field of type timestamp";
  return "";
}

}  // namespace

std::string Dump(const Json& json) {
  // What cannot be text was refused before; `replace` only keeps a surprise from throwing.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json RetentionToJson(const std::optional<std::chrono::nanoseconds>& retention) {
  return retention ? Json(retention->count()) : Json(nullptr);
}

std::optional<std::chrono::nanoseconds> RetentionFromJson(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return std::chrono::nanoseconds(Signed(json));
}

void AddColumnForm(Json& json, ColumnForm form) {
  if (form.kind == ColumnKind::kTag) {
    json["kind"] = "tag";
    return;
  }
  json["kind"] = "field";
  json["type"] = FieldTypeName(form.type);
}

ColumnForm ColumnFormFromJson(const Json& json) {
  const auto kind = json.at("kind").get<std::string>();
  if (kind == "tag") return {ColumnKind::kTag, DataType::kString};
  if (kind != "field") throw BadValue("unknown kind of column '" + kind + "'");
  const auto name = json.at("type").get<std::string>();
  const auto type = model::ParseFieldType(name);
  if (!type) throw BadValue("unknown type of field '" + name + "'");
  return {ColumnKind::kField, *type};
}

Json TriggerToJson(const model::Trigger& trigger) {
  return {{"name", trigger.name},
          {"plugin_filename", trigger.plugin_filename},
          {"specification", model::PrintTriggerSpec(trigger.spec)},
          {"error_behavior", model::PrintErrorBehavior(trigger.error_behavior)},
          {"run_async", trigger.run_async},
          {"arguments", trigger.arguments ? Json(*trigger.arguments) : Json(nullptr)},
          {"disabled", trigger.disabled},
          {"disabled_reason", trigger.disabled_reason},
          {"disabled_at_ns", trigger.disabled_at.nanos()}};
}

model::Trigger TriggerFromJson(const Json& json) {
  model::Trigger trigger;
  trigger.name = json.at("name").get<std::string>();
  trigger.plugin_filename = json.at("plugin_filename").get<std::string>();
  auto spec = model::ParseTriggerSpec(json.at("specification").get<std::string>());
  if (!spec.ok()) throw BadValue(spec.error().message);
  trigger.spec = std::move(*spec);
  const auto behavior = json.at("error_behavior").get<std::string>();
  const auto parsed = model::ParseErrorBehavior(behavior);
  if (!parsed) throw BadValue("unknown error behavior '" + behavior + "'");
  trigger.error_behavior = *parsed;
  trigger.run_async = json.at("run_async").get<bool>();
  if (!json.at("arguments").is_null()) {
    trigger.arguments = json.at("arguments").get<std::map<std::string, std::string>>();
  }
  trigger.disabled = json.at("disabled").get<bool>();
  trigger.disabled_reason = json.at("disabled_reason").get<std::string>();
  trigger.disabled_at = Timestamp(Signed(json.at("disabled_at_ns")));
  return trigger;
}

}  // namespace tidemill::catalog
