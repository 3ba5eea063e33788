#include "engine/processing_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "engine/executor.h"
#include "engine/global_cache.h"
#include "engine/keyed_gate.h"
#include "engine/pacing.h"
#include "engine/run_context.h"
#include "engine/runner_registry.h"
#include "engine/trigger_names.h"

namespace tidemill::engine {
namespace {

using TriggerPtr = std::shared_ptr<const model::Trigger>;

ProcessingEngine::Options Completed(ProcessingEngine::Options options) {
  if (options.cores == 0) options.cores = std::max(1U, std::thread::hardware_concurrency());
  return options;
}

std::string GateKey(const std::string& database, const std::string& trigger) {
  return database + '/' + trigger;  // no name of a trigger has a '/'
}

}  // namespace

class ProcessingEngine::Impl {
 public:
  Impl(Clock& clock, Random& random, catalog::Catalog& catalog, wal::Wal& wal, PluginHost& host,
       PluginFiles& files, RunCommitter& committer, QueryRunner& queries, LogSink& logs,
       observe::Metrics& metrics, Options options)
      : clock_(clock),
        catalog_(catalog),
        wal_(wal),
        host_(host),
        files_(files),
        logs_(logs),
        options_(Completed(options)),
        own_executor_(options.executor == nullptr
                          ? std::make_unique<ThreadExecutor>(clock, options.threads)
                          : nullptr),
        executor_(options.executor == nullptr ? *own_executor_ : *options.executor),
        cache_(clock, kGlobalCacheBytesMax),
        gate_(executor_),
        registry_({clock, random, catalog, wal, host, committer, queries, logs, metrics, cache_,
                   load_, executor_},
                  options_, [this](TriggerPtr trigger, std::string reason) {
                    DisableLater(std::move(trigger), std::move(reason));
                  }) {}

  void Start();
  void Stop() EXCLUDES_LOCK(mutex_);
  void OnCommitted(const wal::GroupPtr& group) { registry_.OnCommitted(*group); }

  Task<Result<TriggerPtr>> Create(NewTrigger request);
  Task<Status> Enable(std::string database, std::string name);
  Task<Status> Disable(std::string database, std::string name);
  Task<Status> Delete(std::string database, std::string name, bool force);
  std::vector<TriggerStatus> Statuses() const;

 private:
  Task<Result<catalog::Catalog::SnapshotPtr>> CommitChange(catalog::Change change);
  Task<Status> StartFromNow(TriggerPtr trigger, std::string database);
  Task<Status> StartLate(TriggerPtr trigger, std::string database);
  Task<Status> StopForGood(TriggerId trigger);
  Task<Done> DisableAfterFailure(TriggerPtr trigger, std::string reason);
  void DisableLater(TriggerPtr trigger, std::string reason) EXCLUDES_LOCK(mutex_);
  void LogStartGap(const model::Trigger& before, const std::string& database);

  Clock& clock_;
  catalog::Catalog& catalog_;
  wal::Wal& wal_;
  PluginHost& host_;
  PluginFiles& files_;
  LogSink& logs_;
  const Options options_;
  const std::unique_ptr<Executor> own_executor_;
  Executor& executor_;
  GlobalCache cache_;
  LoadMeter load_;
  KeyedGate gate_;
  RunnerRegistry registry_;

  Mutex mutex_;
  std::vector<Completion<Done>> disabling_ GUARDED_BY(mutex_);  // after failures
  bool is_stopped_ GUARDED_BY(mutex_) = false;
};

// ---- Start and stop ----

void ProcessingEngine::Impl::Start() {
  const auto catalog = catalog_.Get();
  std::set<TriggerId> running;
  for (const auto& [name, database] : catalog->databases) {
    for (const auto& [unused, trigger] : database->triggers) {
      if (trigger->disabled || !model::IsDataWrite(trigger->spec)) continue;
      running.insert(trigger->id);
      if (const auto progress = wal_.trigger_state(trigger->id)) {
        registry_.Start(trigger, name, *progress);
      } else {
        // It was made or enabled, and the server died before that was answered: it starts now.
        StartTask(StartLate(trigger, name), [](const Status&) {});
      }
    }
  }
  // Deleted or disabled, and the server died before the log was told.
  for (const wal::TriggerState& left : wal_.replayed().triggers) {
    if (!running.contains(left.trigger)) wal_.Append(wal::TriggerGone{left.trigger});
  }
  registry_.StartFollowing();
  Log(LogLevel::kInfo, "engine", "{} triggers are running", running.size());
}

void ProcessingEngine::Impl::Stop() {
  {
    MutexLock lock(mutex_);
    if (std::exchange(is_stopped_, true)) return;
  }
  registry_.BeginStop();
  host_.Stop();
  registry_.AwaitEnd();
  std::vector<Completion<Done>> disabling;
  {
    MutexLock lock(mutex_);
    disabling.swap(disabling_);
  }
  for (const auto& done : disabling) executor_.Await(done);
  executor_.Stop();
}

// ---- What users ask for ----

Task<Result<TriggerPtr>> ProcessingEngine::Impl::Create(NewTrigger request) {
  CO_TRY_ASSIGN(model::Trigger wanted, ParseNewTrigger(request));
  const KeyedGate::Pass pass = co_await gate_.Enter(GateKey(request.database, request.name));
  CO_TRY(files_.Check(request.plugin_filename));
  CO_TRY(FindDatabase(*catalog_.Get(), request.database));
  catalog::Change creation = catalog::CreateTrigger{request.database, std::move(wanted)};
  const auto catalog = co_await CommitChange(std::move(creation));
  if (!catalog.ok()) co_return catalog.error();

  CO_TRY_ASSIGN(const TriggerPtr trigger, FindTrigger(**catalog, request.database, request.name));
  if (trigger->disabled) co_return trigger;
  const Status started = co_await StartFromNow(trigger, request.database);
  if (started.ok()) co_return trigger;
  catalog::Change undoing = catalog::DeleteTrigger{request.database, request.name};
  static_cast<void>(co_await CommitChange(std::move(undoing)));
  co_return Error(started.error()).Within(fmt::format("create trigger '{}'", request.name));
}

Task<Status> ProcessingEngine::Impl::Enable(std::string database, std::string name) {
  const KeyedGate::Pass pass = co_await gate_.Enter(GateKey(database, name));
  CO_TRY_ASSIGN(const TriggerPtr before, FindTrigger(*catalog_.Get(), database, name));
  if (!before->disabled) co_return Ok();
  catalog::Change enabling = catalog::SetTriggerDisabled{database, name, false, "", {}};
  const auto catalog = co_await CommitChange(std::move(enabling));
  if (!catalog.ok()) co_return catalog.error();

  CO_TRY_ASSIGN(const TriggerPtr trigger, FindTrigger(**catalog, database, name));
  const Status started = co_await StartFromNow(trigger, database);
  if (started.ok()) {
    LogStartGap(*before, database);
    co_return Ok();
  }
  catalog::Change undoing = catalog::SetTriggerDisabled{
      database, name, true, before->disabled_reason, before->disabled_at};
  static_cast<void>(co_await CommitChange(std::move(undoing)));
  co_return Error(started.error()).Within(fmt::format("enable trigger '{}'", name));
}

Task<Status> ProcessingEngine::Impl::Disable(std::string database, std::string name) {
  const KeyedGate::Pass pass = co_await gate_.Enter(GateKey(database, name));
  CO_TRY_ASSIGN(const TriggerPtr trigger, FindTrigger(*catalog_.Get(), database, name));
  if (trigger->disabled) co_return Ok();
  catalog::Change disabling = catalog::SetTriggerDisabled{database, name, true, "", clock_.Now()};
  const auto catalog = co_await CommitChange(std::move(disabling));
  if (!catalog.ok()) co_return catalog.error();
  co_return co_await StopForGood(trigger->id);
}

Task<Status> ProcessingEngine::Impl::Delete(std::string database, std::string name, bool force) {
  const KeyedGate::Pass pass = co_await gate_.Enter(GateKey(database, name));
  CO_TRY_ASSIGN(const TriggerPtr trigger, FindTrigger(*catalog_.Get(), database, name));
  if (!trigger->disabled && !force) {
    co_return ConflictError(
        fmt::format("Cannot delete running plugin {}. Disable it first or use --force.", name));
  }
  catalog::Change deletion = catalog::DeleteTrigger{database, name};
  const auto catalog = co_await CommitChange(std::move(deletion));
  if (!catalog.ok()) co_return catalog.error();
  co_return co_await StopForGood(trigger->id);
}

std::vector<TriggerStatus> ProcessingEngine::Impl::Statuses() const {
  std::vector<TriggerStatus> statuses = registry_.Statuses();
  const auto catalog = catalog_.Get();
  for (const auto& [name, database] : catalog->databases) {
    for (const auto& entry : database->triggers) {
      const auto& trigger = entry.second;
      if (!trigger->disabled) continue;
      TriggerStatus status;
      status.trigger = trigger;
      status.database = name;
      status.state = "disabled";
      status.last_error = trigger->disabled_reason;
      // One that is just being disabled still has its runner.
      std::erase_if(statuses, [&](const auto& known) { return known.trigger->id == trigger->id; });
      statuses.push_back(std::move(status));
    }
  }
  return statuses;
}

// ---- Their steps ----

Task<Result<catalog::Catalog::SnapshotPtr>> ProcessingEngine::Impl::CommitChange(
    catalog::Change change) {
  const Completion<Result<catalog::Catalog::SnapshotPtr>> committed =
      catalog_.Commit(std::move(change));
  Result<catalog::Catalog::SnapshotPtr> catalog = co_await committed;
  co_await HopTo(executor_);
  co_return catalog;
}

// What is acknowledged from now on is delivered, nothing acknowledged before.
Task<Status> ProcessingEngine::Impl::StartFromNow(TriggerPtr trigger, std::string database) {
  wal::TriggerState progress;
  progress.trigger = trigger->id;
  progress.low_water = wal_.durable();
  const wal::Ticket ticket = wal_.Append(progress);
  const Result<Sequence> durable = co_await ticket;
  co_await HopTo(executor_);
  if (!durable.ok()) co_return durable.error();
  registry_.Start(std::move(trigger), std::move(database), progress);
  co_return Ok();
}

Task<Status> ProcessingEngine::Impl::StartLate(TriggerPtr trigger, std::string database) {
  const KeyedGate::Pass pass = co_await gate_.Enter(GateKey(database, trigger->name));
  const TriggerPtr current = catalog_.Get()->FindTrigger(trigger->id);
  if (current == nullptr || current->disabled) co_return Ok();
  const Status started = co_await StartFromNow(std::move(trigger), std::move(database));
  if (!started.ok()) {
    Log(LogLevel::kError, "engine", "trigger '{}' does not run, disable and enable it: {}",
        current->name, started.error().message);
  }
  co_return started;
}

Task<Status> ProcessingEngine::Impl::StopForGood(TriggerId trigger) {
  co_await registry_.Stop(trigger);
  const wal::Ticket ticket = wal_.Append(wal::TriggerGone{trigger});
  const Result<Sequence> durable = co_await ticket;
  co_await HopTo(executor_);
  // The catalog says that it is gone, and that is durable: should the log not have taken this, the
  // next start tells it again.
  if (!durable.ok()) {
    Log(LogLevel::kWarn, "engine", "trigger {} holds the write-ahead log until the next start: {}",
        trigger.value(), durable.error().message);
  }
  co_return Ok();
}

// Somebody may have disabled, deleted or replaced it meanwhile: then there is nothing to do.
Task<Done> ProcessingEngine::Impl::DisableAfterFailure(TriggerPtr trigger, std::string reason) {
  const auto snapshot = catalog_.Get();
  const catalog::Database* const home = snapshot->FindDatabase(trigger->database);
  if (home == nullptr) co_return Done{};
  const std::string database = home->name;
  const KeyedGate::Pass pass = co_await gate_.Enter(GateKey(database, trigger->name));
  const TriggerPtr current = catalog_.Get()->FindTrigger(trigger->id);
  if (current == nullptr || current->disabled) co_return Done{};
  catalog::Change disabling =
      catalog::SetTriggerDisabled{database, trigger->name, true, std::move(reason), clock_.Now()};
  const auto catalog = co_await CommitChange(std::move(disabling));
  if (!catalog.ok()) {
    Log(LogLevel::kError, "engine", "trigger '{}' runs no more, but only until the next start: {}",
        trigger->name, catalog.error().message);
  }
  static_cast<void>(co_await StopForGood(trigger->id));
  co_return Done{};
}

void ProcessingEngine::Impl::DisableLater(TriggerPtr trigger, std::string reason) {
  const Completion<Done> done;
  {
    MutexLock lock(mutex_);
    std::erase_if(disabling_, [](const auto& earlier) { return earlier.done(); });
    disabling_.push_back(done);
  }
  StartTask(DisableAfterFailure(std::move(trigger), std::move(reason)),
            [done](Done value) { done.Complete(value); });
}

void ProcessingEngine::Impl::LogStartGap(const model::Trigger& before,
                                         const std::string& database) {
  const LogSeverity severity =
      before.disabled_reason.empty() ? LogSeverity::kInfo : LogSeverity::kWarn;
  RunLog(clock_, logs_, database, before.name, "")
      .Write(severity,
             "enabled: it runs from the next write on; what was written while it was "
             "disabled is not delivered");
}

// ---- The public face ----

ProcessingEngine::ProcessingEngine(Clock& clock, Random& random, catalog::Catalog& catalog,
                                   wal::Wal& wal, PluginHost& host, PluginFiles& files,
                                   RunCommitter& committer, QueryRunner& queries, LogSink& logs,
                                   observe::Metrics& metrics, Options options)
    : impl_(std::make_unique<Impl>(clock, random, catalog, wal, host, files, committer, queries,
                                   logs, metrics, options)) {}

ProcessingEngine::~ProcessingEngine() { Stop(); }

void ProcessingEngine::Start() { impl_->Start(); }
void ProcessingEngine::Stop() { impl_->Stop(); }
void ProcessingEngine::OnCommitted(const wal::GroupPtr& group) { impl_->OnCommitted(group); }

Task<Result<TriggerPtr>> ProcessingEngine::Create(NewTrigger request) {
  return impl_->Create(std::move(request));
}
Task<Status> ProcessingEngine::Enable(std::string database, std::string name) {
  return impl_->Enable(std::move(database), std::move(name));
}
Task<Status> ProcessingEngine::Disable(std::string database, std::string name) {
  return impl_->Disable(std::move(database), std::move(name));
}
Task<Status> ProcessingEngine::Delete(std::string database, std::string name, bool force) {
  return impl_->Delete(std::move(database), std::move(name), force);
}
std::vector<TriggerStatus> ProcessingEngine::Statuses() const { return impl_->Statuses(); }

}  // namespace tidemill::engine
