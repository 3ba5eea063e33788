// Which triggers there are, and that each runs when it should: the front of the engine.
//
// Management calls come from server/routes/triggers.cc; durable groups from the WAL's committer.
// The story of one run is in trigger_runner.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/task.h"
#include "catalog/catalog.h"
#include "engine/ports.h"
#include "observe/metrics.h"
#include "wal/wal.h"

namespace tidemill::engine {

class Executor;

// What `create trigger` asks for; texts as the user wrote them.
struct NewTrigger {
  std::string database;
  std::string name;
  std::string plugin_filename;
  std::string spec;
  model::ErrorBehavior error_behavior = model::ErrorBehavior::kLog;
  bool run_async = false;
  std::optional<std::map<std::string, std::string>> arguments;
  bool disabled = false;
};

struct TriggerStatus {
  std::shared_ptr<const model::Trigger> trigger;
  std::string database;
  std::string state;  // "idle", "waiting", "running", "backing off", "disabled"
  Sequence low_water = 0;
  std::uint64_t runs = 0;
  std::uint64_t failures = 0;
  std::string last_error;
};

class ProcessingEngine final : public wal::GroupListener {
 public:
  struct Options {
    std::size_t batch_rows_max = 20'000;  // --trigger-batch-rows
    std::size_t batch_bytes_max = 64 << 20;
    std::chrono::nanoseconds run_interval_min = std::chrono::milliseconds(100);
    std::chrono::nanoseconds run_interval_max = std::chrono::seconds(1);  // --wal-flush-interval
    std::chrono::nanoseconds run_time_limit = std::chrono::seconds(60);
    std::chrono::nanoseconds retry_for = std::chrono::hours(24);  // --trigger-retry-for
    std::uint8_t depth_max = 16;
    std::size_t threads = 2;
    std::size_t cores = 0;         // runs are spaced out above a quarter of these; 0: the machine's
    Executor* executor = nullptr;  // nullptr: threads of its own; tests turn theirs by hand
  };
  ProcessingEngine(Clock& clock, Random& random, catalog::Catalog& catalog, wal::Wal& wal,
                   PluginHost& host, PluginFiles& files, RunCommitter& committer,
                   QueryRunner& queries, LogSink& logs, observe::Metrics& metrics, Options options);
  ~ProcessingEngine() override;

  // Takes up every enabled trigger where its durable progress says.
  void Start();
  void OnCommitted(const wal::GroupPtr& group) override;

  // Errors: kInvalid (spec, name, plugin path, with what would be right), kNotFound (database,
  // plugin file), kConflict (name taken), kUnavailable (no plugin directory, with the flag).
  // Durable when they return.
  Task<Result<std::shared_ptr<const model::Trigger>>> Create(NewTrigger request);
  Task<Status> Enable(std::string database, std::string name);
  Task<Status> Disable(std::string database, std::string name);
  // kConflict for an enabled trigger unless `force`.
  Task<Status> Delete(std::string database, std::string name, bool force);

  std::vector<TriggerStatus> Statuses() const;
  // Cancels runs (within their grace), stops; safe twice.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemill::engine
