// System tables about triggers: their definitions, arguments, logs and runs (processing-engine.md
// 9).
#pragma once

#include <memory>
#include <vector>

#include "catalog/catalog.h"
#include "engine/processing_engine.h"
#include "query/query_service.h"
#include "storage/storage.h"

namespace tidemill::app {

// Before the server serves. What is referred to must outlive `queries`.
void RegisterEngineTables(query::QueryService& queries, catalog::Catalog& catalog,
                          storage::Storage& storage, const engine::ProcessingEngine& engine);

}  // namespace tidemill::app
