// Triggers: create, delete, enable, disable (processing-engine.md section 5).
#include "base/status_macros.h"
#include "server/errors.h"
#include "server/request_body.h"
#include "server/routes/routes.h"

namespace tidemill::server {
namespace {

Result<engine::NewTrigger> ParseTrigger(const Services& services, const http::Request& request) {
  TRY_ASSIGN(const nlohmann::json body, JsonBody(services, request));
  engine::NewTrigger trigger;
  TRY_ASSIGN(trigger.database, JsonString(body, "db"));
  TRY_ASSIGN(trigger.name, JsonString(body, "trigger_name"));
  TRY_ASSIGN(trigger.plugin_filename, JsonString(body, "plugin_filename"));
  TRY_ASSIGN(trigger.spec, JsonString(body, "trigger_specification"));
  TRY_ASSIGN(trigger.disabled, JsonBool(body, "disabled", false));
  if (const auto settings = body.find("trigger_settings");
      settings != body.end() && !settings->is_null()) {
    if (!settings->is_object())
      return InvalidError("serde json error: field `trigger_settings` is not an object");
    TRY_ASSIGN(trigger.run_async, JsonBool(*settings, "run_async", false));
    TRY_ASSIGN(const auto behavior, JsonOptionalString(*settings, "error_behavior"));
    if (behavior) {
      const auto parsed = model::ParseErrorBehavior(*behavior);
      if (!parsed)
        return InvalidError("error_behavior '" + *behavior + "': expected log, retry or disable");
      trigger.error_behavior = *parsed;
    }
  }
  if (const auto arguments = body.find("trigger_arguments");
      arguments != body.end() && !arguments->is_null()) {
    if (!arguments->is_object())
      return InvalidError("serde json error: field `trigger_arguments` is not an object");
    trigger.arguments.emplace();
    for (const auto& [name, value] : arguments->items()) {
      if (!value.is_string())
        return InvalidError("trigger argument '" + name + "': expected a string");
      trigger.arguments->emplace(name, value.get<std::string>());
    }
  }
  return trigger;
}

struct TriggerName {
  std::string database;
  std::string trigger;
  bool force = false;
};

// From the query string if there is one, else (delete) from a JSON body: clients send both.
Result<TriggerName> ParseName(const Services& services, const http::Request& request) {
  TriggerName name;
  if (request.query.empty() && !request.body.empty()) {
    TRY_ASSIGN(const nlohmann::json body, JsonBody(services, request));
    TRY_ASSIGN(name.database, JsonString(body, "db"));
    TRY_ASSIGN(name.trigger, JsonString(body, "trigger_name"));
    TRY_ASSIGN(name.force, JsonBool(body, "force", false));
    return name;
  }
  const Parameters parameters(request.query);
  const auto database = parameters.Get("db");
  const auto trigger = parameters.Get("trigger_name");
  if (!database) return InvalidError("missing query parameter 'db'");
  if (!trigger) return InvalidError("missing query parameter 'trigger_name'");
  name.database = *database;
  name.trigger = *trigger;
  TRY_ASSIGN(name.force, parameters.GetBool("force", false));
  return name;
}

http::Response StatusResponse(const Status& status) {
  return status.ok() ? EmptyResponse(200) : JsonError(status.error());
}

}  // namespace

Task<http::Response> CreateTrigger(Services& services, const http::Request& request) {
  if (!HasJsonMediaType(request)) co_return MediaTypeError();
  auto trigger = ParseTrigger(services, request);
  if (!trigger.ok()) co_return JsonError(trigger.error());
  auto created = co_await services.engine.Create(std::move(*trigger));
  co_return created.ok() ? EmptyResponse(200) : JsonError(created.error());
}

Task<http::Response> DeleteTrigger(Services& services, const http::Request& request) {
  auto name = ParseName(services, request);
  if (!name.ok()) co_return JsonError(name.error());
  co_return StatusResponse(
      co_await services.engine.Delete(name->database, name->trigger, name->force));
}

Task<http::Response> EnableTrigger(Services& services, const http::Request& request) {
  auto name = ParseName(services, request);
  if (!name.ok()) co_return JsonError(name.error());
  co_return StatusResponse(co_await services.engine.Enable(name->database, name->trigger));
}

Task<http::Response> DisableTrigger(Services& services, const http::Request& request) {
  auto name = ParseName(services, request);
  if (!name.ok()) co_return JsonError(name.error());
  co_return StatusResponse(co_await services.engine.Disable(name->database, name->trigger));
}

}  // namespace tidemill::server
