// Finds databases and triggers by the names users give, and says what would be right when there is
// none.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/snapshot.h"
#include "engine/processing_engine.h"
#include "model/trigger.h"

namespace tidemill::engine {

// Errors: kNotFound with "did you mean"; kForbidden for the server's own database.
Result<const catalog::Database*> FindDatabase(const catalog::Snapshot& catalog,
                                              std::string_view name);
Result<std::shared_ptr<const model::Trigger>> FindTrigger(const catalog::Snapshot& catalog,
                                                          std::string_view database,
                                                          std::string_view name);

// The trigger `request` describes, checked as far as its own text goes. Errors: kInvalid (spec,
// name), kUnsupported.
Result<model::Trigger> ParseNewTrigger(const NewTrigger& request);

}  // namespace tidemill::engine
