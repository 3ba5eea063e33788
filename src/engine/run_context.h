// What one run may ask of the server while it runs: its log, queries, immediate writes, the global
// cache. Called by the plugin host's broker on its own threads; calls may block.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "engine/global_cache.h"
#include "engine/ports.h"
#include "wal/wal.h"

namespace tidemill::engine {

// Writes log rows that carry the trigger and the run they belong to.
class RunLog {
 public:
  RunLog(Clock& clock, LogSink& sink, std::string database, std::string trigger,
         std::string run_id);
  void Write(LogSeverity severity, std::string text);

 private:
  Clock& clock_;
  LogSink& sink_;
  const std::string database_;
  const std::string trigger_;
  const std::string run_id_;
};

class RunContext final : public RunServices {
 public:
  struct Ports {
    Clock& clock;
    wal::Wal& wal;
    RunCommitter& committer;
    QueryRunner& queries;
    GlobalCache& cache;
  };
  struct Run {
    TriggerId trigger;
    std::string database;    // of the trigger
    std::uint8_t depth = 0;  // of what the run writes
    // No query lasts longer than this after the plugin's first call: it may have waited for its
    // process before.
    std::chrono::nanoseconds time_limit{0};
  };
  // `log` outlives this.
  RunContext(Ports ports, Run run, RunLog& log);

  void Log(LogSeverity severity, std::string text) override;
  Result<QueryRows> Query(std::string sql, std::map<std::string, std::string> parameters,
                          std::string database) override;
  Status WriteSync(std::string database, std::string lines, bool no_sync) override;
  std::optional<CacheValue> CacheGet(const std::string& key) override;
  Result<std::uint64_t> CachePut(const std::string& key, std::string pickled,
                                 std::optional<double> ttl_seconds) override;
  bool CacheDelete(const std::string& key) override;

 private:
  Status WaitForOwnWrites();
  std::chrono::nanoseconds TimeLeft();
  std::string OwnIfEmpty(const std::string& database) const;

  const Ports ports_;
  const Run run_;
  RunLog& log_;
  std::atomic<bool> has_unseen_writes_ = false;
  std::once_flag began_once_;
  std::chrono::nanoseconds began_{0};  // on the steady clock
};

}  // namespace tidemill::engine
