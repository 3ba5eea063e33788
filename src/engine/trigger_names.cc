#include "engine/trigger_names.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/strings.h"
#include "model/names.h"
#include "model/trigger_spec.h"

namespace tidemill::engine {
namespace {

std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates) {
  const auto nearest = NearestName(name, candidates);
  return nearest ? fmt::format("; did you mean '{}'?", *nearest) : std::string();
}

}  // namespace

Result<const catalog::Database*> FindDatabase(const catalog::Snapshot& catalog,
                                              std::string_view name) {
  if (name == model::kInternalDatabase) {
    return Error{ErrorCode::kForbidden, "cannot modify internal db"};
  }
  const catalog::Database* const database = catalog.FindDatabase(name);
  if (database != nullptr) return database;
  return NotFoundError(
      fmt::format("Database not found {}{}", name, DidYouMean(name, catalog.DatabaseNames())));
}

Result<std::shared_ptr<const model::Trigger>> FindTrigger(const catalog::Snapshot& catalog,
                                                          std::string_view database,
                                                          std::string_view name) {
  TRY_ASSIGN(const catalog::Database* const home, FindDatabase(catalog, database));
  const auto trigger = home->triggers.find(name);
  if (trigger != home->triggers.end()) return trigger->second;
  std::vector<std::string> names;
  for (const auto& [known, unused] : home->triggers) names.push_back(known);
  return NotFoundError(
      fmt::format("the requested resource was not found: {}{}", name, DidYouMean(name, names)));
}

Result<model::Trigger> ParseNewTrigger(const NewTrigger& request) {
  TRY_ASSIGN(model::TriggerSpec spec, model::ParseTriggerSpec(request.spec));
  TRY(model::ValidateTriggerName(request.name));
  if (!model::IsDataWrite(spec)) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("trigger spec '{}': schedule and request triggers are not offered "
                             "yet, use table:<NAME> or all_tables",
                             request.spec)};
  }
  model::Trigger trigger;
  trigger.name = request.name;
  trigger.plugin_filename = request.plugin_filename;
  trigger.spec = std::move(spec);
  trigger.error_behavior = request.error_behavior;
  trigger.run_async = request.run_async;
  trigger.arguments = request.arguments;
  trigger.disabled = request.disabled;
  return trigger;
}

}  // namespace tidemill::engine
