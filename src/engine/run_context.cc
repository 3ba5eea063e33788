#include "engine/run_context.h"

#include <fmt/format.h>

#include <utility>

#include "base/status_macros.h"
#include "base/task.h"

namespace tidemill::engine {
namespace {

Task<Result<Sequence>> Wait(wal::Ticket ticket) { co_return co_await ticket; }

}  // namespace

RunLog::RunLog(Clock& clock, LogSink& sink, std::string database, std::string trigger,
               std::string run_id)
    : clock_(clock),
      sink_(sink),
      database_(std::move(database)),
      trigger_(std::move(trigger)),
      run_id_(std::move(run_id)) {}

void RunLog::Write(LogSeverity severity, std::string text) {
  sink_.Write({.time = clock_.Now(),
               .database = database_,
               .trigger = trigger_,
               .run_id = run_id_,
               .severity = severity,
               .text = std::move(text)});
}

RunContext::RunContext(Ports ports, Run run, RunLog& log)
    : ports_(ports), run_(std::move(run)), log_(log) {}

void RunContext::Log(LogSeverity severity, std::string text) {
  static_cast<void>(TimeLeft());
  log_.Write(severity, std::move(text));
}

Result<QueryRows> RunContext::Query(std::string sql, std::map<std::string, std::string> parameters,
                                    std::string database) {
  const std::string target = OwnIfEmpty(std::move(database));
  const auto run = [&]() -> Result<QueryRows> {
    TRY(WaitForOwnWrites());
    const std::chrono::nanoseconds left = TimeLeft();
    if (left <= std::chrono::nanoseconds(0)) {
      return Error{ErrorCode::kTimeout, "the run's time is over"};
    }
    return ports_.queries.Query(target, sql, parameters, left);
  };
  Result<QueryRows> rows = run();
  if (rows.ok()) return rows;
  return Error{rows.error().code, fmt::format("error: {} executing query on {}: {}",
                                              rows.error().message, target, sql)};
}

// A run reads its own writes: what it wrote without waiting is made visible first (contracts A.2).
Status RunContext::WaitForOwnWrites() {
  if (!has_unseen_writes_.exchange(false)) return Ok();
  const Result<Sequence> visible = BlockOn(Wait(ports_.wal.Barrier()));
  if (!visible.ok()) return visible.error();
  return Ok();
}

Status RunContext::WriteSync(std::string database, std::string lines, bool no_sync) {
  const std::string target = OwnIfEmpty(std::move(database));
  const Status written = BlockOn(
      ports_.committer.WriteSync(target, std::move(lines), no_sync, run_.trigger, run_.depth));
  if (!written.ok()) {
    return Error{written.error().code, fmt::format("error writing line protocol to {}: {}", target,
                                                   written.error().message)};
  }
  if (no_sync) has_unseen_writes_ = true;
  return Ok();
}

std::optional<RunServices::CacheValue> RunContext::CacheGet(const std::string& key) {
  return ports_.cache.Get(key);
}

Result<std::uint64_t> RunContext::CachePut(const std::string& key, std::string pickled,
                                           std::optional<double> ttl_seconds) {
  return ports_.cache.Put(key, std::move(pickled), ttl_seconds);
}

bool RunContext::CacheDelete(const std::string& key) { return ports_.cache.Delete(key); }

std::chrono::nanoseconds RunContext::TimeLeft() {
  std::call_once(began_once_, [this] { began_ = ports_.clock.Steady(); });
  return began_ + run_.time_limit - ports_.clock.Steady();
}

std::string RunContext::OwnIfEmpty(const std::string& database) const {
  return database.empty() ? run_.database : database;
}

}  // namespace tidemill::engine
