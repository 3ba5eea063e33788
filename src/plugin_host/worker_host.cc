#include "plugin_host/worker_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/thread_pool.h"
#include "plugin_host/event_loop.h"
#include "plugin_host/messages.h"

namespace tidemill::plugin_host {

using engine::RunOutcome;
using engine::RunResult;

namespace {

RunResult NotRun(RunOutcome outcome, std::string error) {
  RunResult result;
  result.outcome = outcome;
  result.error = std::move(error);
  return result;
}

}  // namespace

class WorkerHost::Impl {
 public:
  Impl(Clock& clock, Options options)
      : options_(std::move(options)),
        environment_(options_.python),
        files_(options_.python.plugin_dir),
        calls_(
            {.name = "plugin-call", .threads = options_.call_threads, .queue_jobs_max = 1 << 16}),
        quick_({.name = "plugin-end", .threads = 2, .queue_jobs_max = 1 << 16}),
        loop_(clock),
        gate_(options_.starts_at_once_max > 0 ? options_.starts_at_once_max
                                              : std::max(1u, std::thread::hardware_concurrency())),
        started_(loop_.Start()) {}
  ~Impl() { Stop(); }

  std::string Unavailable() {
    if (!started_.ok()) return started_.error().message;
    const auto launch = environment_.Launch();
    return launch.ok() ? "" : launch.error().message;
  }

  Task<RunResult> Run(engine::RunRequest request, engine::RunServices& services);
  void Retire(TriggerId trigger);
  void Stop() EXCLUDES_LOCK(mutex_);

 private:
  Result<HostedRun> Prepare(const engine::RunRequest& request, engine::RunServices& services);
  bool BeginRun() EXCLUDES_LOCK(mutex_);
  void EndRun() EXCLUDES_LOCK(mutex_);
  // On the loop.
  void Submit(TriggerId trigger, std::string label, HostedRun run);
  void RetireSlot(TriggerId trigger, RunOutcome outcome, const std::string& reason);
  void RetireAll();
  void TellIfEmpty() EXCLUDES_LOCK(mutex_);

  const Options options_;
  PythonEnvironment environment_;
  PluginFiles files_;
  ThreadPool calls_;
  ThreadPool quick_;
  EventLoop loop_;
  StartGate gate_;
  const Status started_;

  // Loop thread only.
  std::unordered_map<TriggerId, std::unique_ptr<TriggerSlot>> slots_;
  std::unordered_map<TriggerSlot*, std::unique_ptr<TriggerSlot>> retiring_;
  bool is_stopping_ = false;

  Mutex mutex_;
  CondVar changed_;
  std::size_t runs_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
  bool slots_gone_ GUARDED_BY(mutex_) = false;
};

// The way of one run: find the code, encode, hand over to the loop, wait for its end.
Task<RunResult> WorkerHost::Impl::Run(engine::RunRequest request, engine::RunServices& services) {
  Result<HostedRun> prepared = Prepare(request, services);
  if (!prepared.ok()) co_return NotRun(RunOutcome::kFailed, std::move(prepared).error().message);
  if (!BeginRun()) co_return NotRun(RunOutcome::kInterrupted, "the server is stopping");

  Completion<RunResult> ended;
  auto run = std::make_shared<HostedRun>(std::move(prepared).value());
  run->done = [ended](RunResult result) { ended.Complete(std::move(result)); };
  std::string label =
      fmt::format("trigger '{}' of database '{}'", request.trigger->name, request.database);
  loop_.Post([this, trigger = request.trigger->id, label, run] {
    Submit(trigger, label, std::move(*run));
  });
  RunResult result = co_await ended;
  EndRun();
  co_return result;
}

Result<HostedRun> WorkerHost::Impl::Prepare(const engine::RunRequest& request,
                                            engine::RunServices& services) {
  if (!started_.ok()) return started_.error();
  HostedRun run;
  TRY_ASSIGN(run.launch, environment_.Launch());
  TRY_ASSIGN(const PluginCode plugin, files_.Find(request.trigger->plugin_filename));
  TRY_ASSIGN(run.payload, Payload::From(EncodeRun(request, plugin)));
  run.time_limit = request.time_limit;
  run.broker = std::make_shared<Broker>(services, calls_, quick_);
  return run;
}

bool WorkerHost::Impl::BeginRun() {
  MutexLock lock(mutex_);
  if (stopped_) return false;
  ++runs_;
  return true;
}

void WorkerHost::Impl::EndRun() {
  MutexLock lock(mutex_);
  --runs_;
  changed_.NotifyAll();
}

void WorkerHost::Impl::Submit(TriggerId trigger, std::string label, HostedRun run) {
  if (is_stopping_)
    return run.broker->Finish([done = std::move(run.done)] {
      done(NotRun(RunOutcome::kInterrupted, "the server is stopping"));
    });
  std::unique_ptr<TriggerSlot>& slot = slots_[trigger];
  if (!slot) slot = std::make_unique<TriggerSlot>(loop_, gate_, options_.limits, std::move(label));
  slot->Submit(std::move(run));
}

void WorkerHost::Impl::Retire(TriggerId trigger) {
  loop_.Post([this, trigger] {
    RetireSlot(trigger, RunOutcome::kCancelled, "the trigger was disabled, deleted or changed");
  });
}

void WorkerHost::Impl::RetireSlot(TriggerId trigger, RunOutcome outcome,
                                  const std::string& reason) {
  auto node = slots_.extract(trigger);
  if (node.empty()) return;
  TriggerSlot* slot = node.mapped().get();
  retiring_[slot] = std::move(node.mapped());
  slot->Retire(outcome, reason, [this, slot] {
    retiring_.erase(slot);
    TellIfEmpty();
  });
}

void WorkerHost::Impl::RetireAll() {
  is_stopping_ = true;
  std::vector<TriggerId> triggers;
  for (const auto& [trigger, slot] : slots_) triggers.push_back(trigger);
  for (const TriggerId trigger : triggers)
    RetireSlot(trigger, RunOutcome::kInterrupted, "the server is stopping");
  TellIfEmpty();
}

void WorkerHost::Impl::TellIfEmpty() {
  if (!is_stopping_ || !slots_.empty() || !retiring_.empty()) return;
  MutexLock lock(mutex_);
  slots_gone_ = true;
  changed_.NotifyAll();
}

void WorkerHost::Impl::Stop() {
  {
    MutexLock lock(mutex_);
    if (std::exchange(stopped_, true)) {
      while (!slots_gone_ || runs_ > 0) changed_.Wait(mutex_);
      return;
    }
    slots_gone_ = !started_.ok();
  }
  loop_.Post([this] { RetireAll(); });
  {
    // The pools may go only when no run needs them to end.
    MutexLock lock(mutex_);
    while (!slots_gone_ || runs_ > 0) changed_.Wait(mutex_);
  }
  calls_.Stop();
  quick_.Stop();
  loop_.Stop();
}

WorkerHost::WorkerHost(Clock& clock, Options options)
    : impl_(std::make_unique<Impl>(clock, std::move(options))) {}
WorkerHost::~WorkerHost() = default;

std::string WorkerHost::Unavailable() const { return impl_->Unavailable(); }
Task<RunResult> WorkerHost::Run(engine::RunRequest request, engine::RunServices& services) {
  return impl_->Run(std::move(request), services);
}
void WorkerHost::Retire(TriggerId trigger) { impl_->Retire(trigger); }
void WorkerHost::Stop() { impl_->Stop(); }

}  // namespace tidemill::plugin_host
