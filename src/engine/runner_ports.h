// Everything a runner of triggers works with; all of it outlives the runners.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "catalog/catalog.h"
#include "engine/executor.h"
#include "engine/global_cache.h"
#include "engine/pacing.h"
#include "engine/ports.h"
#include "observe/metrics.h"
#include "wal/wal.h"

namespace tidemill::engine {

struct RunnerPorts {
  Clock& clock;
  Random& random;
  const catalog::Catalog& catalog;
  wal::Wal& wal;
  PluginHost& host;
  RunCommitter& committer;
  QueryRunner& queries;
  LogSink& logs;
  observe::Metrics& metrics;
  GlobalCache& cache;
  LoadMeter& load;
  Executor& executor;
};

}  // namespace tidemill::engine
