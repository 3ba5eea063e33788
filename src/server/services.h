// What the route handlers work with: one struct of references, made by app/serve.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "engine/processing_engine.h"
#include "ingest/write_service.h"
#include "observe/metrics.h"
#include "query/query_service.h"
#include "wal/wal.h"

namespace tidemill::server {

struct ServerInfo {
  std::string version;                      // "0.1.0"
  std::string revision;                     // short commit hash, or "unknown"
  std::string process_id;                   // UUID of this run of the server
  std::string storage_note;                 // shown by /health; empty for durable storage
  std::size_t body_bytes_max = 10'485'760;  // raw and inflated
};

struct Services {
  Clock& clock;
  catalog::Catalog& catalog;
  wal::Wal& wal;
  ingest::WriteService& writes;
  query::QueryService& queries;
  engine::ProcessingEngine& engine;
  observe::Metrics& metrics;
  ServerInfo info;
  std::chrono::nanoseconds query_time_limit = std::chrono::minutes(5);
};

}  // namespace tidemill::server
