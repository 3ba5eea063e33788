#include "plugin_host/trigger_slot.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/duration.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace tidemill::plugin_host {

using engine::RunOutcome;
using engine::RunResult;

namespace {

RunResult Ended(RunOutcome outcome, std::string error, std::string traceback = {}) {
  RunResult result;
  result.outcome = outcome;
  result.error = std::move(error);
  result.traceback = std::move(traceback);
  return result;
}

// Brings a late answer of the broker to the worker, if that is still the same one and alive.
Broker::Reply ReplyTo(EventLoop& loop, const std::shared_ptr<Worker>& worker, std::uint64_t run) {
  return [&loop, weak = std::weak_ptr<Worker>(worker), run](std::uint64_t call, Payload payload) {
    auto frame = std::make_shared<Frame>();
    frame->head.type = FrameType::kReply;
    frame->head.run = run;
    frame->head.call = call;
    frame->payload = std::move(payload);
    loop.Post([weak, frame] {
      if (const auto alive = weak.lock()) alive->Send(std::move(*frame));
    });
  };
}

}  // namespace

TriggerSlot::TriggerSlot(EventLoop& loop, StartGate& gate, const SlotLimits& limits,
                         std::string label)
    : loop_(loop),
      gate_(gate),
      limits_(limits),
      label_(std::move(label)),
      self_(std::make_shared<TriggerSlot*>(this)) {}

TriggerSlot::~TriggerSlot() {
  *self_ = nullptr;
  loop_.CancelTimer(start_timer_);
  loop_.CancelTimer(pause_timer_);
  loop_.CancelTimer(memory_timer_);
}

void TriggerSlot::Submit(HostedRun run) {
  waiting_.push_back(std::move(run));
  Pump();
}

// Moves what waits as far as it can go now.
void TriggerSlot::Pump() {
  if (waiting_.empty() || retiring_) return;
  if (state_ == State::kReady) {
    std::deque<HostedRun> runs = std::exchange(waiting_, {});
    for (HostedRun& run : runs) SendRun(std::move(run));
    return;
  }
  if (state_ != State::kNone || IsPaused()) return;
  state_ = State::kQueued;
  gate_.Enter([&gate = gate_, self = self_] {
    if (*self == nullptr) return gate.Leave();
    (*self)->StartWorker();
  });
}

void TriggerSlot::StartWorker() {
  state_ = State::kStarting;
  if (waiting_.empty()) return LeaveGate();
  auto worker = Worker::Start(loop_, *waiting_.front().launch, label_, *this);
  if (!worker.ok()) {
    LeaveGate();
    NoteCrash();
    return EndWaiting(Ended(RunOutcome::kCrashed, worker.error().message));
  }
  worker_ = std::move(worker).value();
  start_timer_ = loop_.After(limits_.start_limit, [this] {
    worker_->Abort(fmt::format("was not ready within {}", PrintDuration(limits_.start_limit)));
  });
}

void TriggerSlot::LeaveGate() {
  if (state_ != State::kStarting) return;
  state_ = State::kNone;
  loop_.CancelTimer(std::exchange(start_timer_, 0));
  gate_.Leave();
}

void TriggerSlot::SendRun(HostedRun run) {
  if (active_.empty()) worker_->ForgetOutput();
  const std::uint64_t number = next_run_++;
  run.broker->Connect(ReplyTo(loop_, worker_, number));
  Frame frame;
  frame.head.type = FrameType::kRun;
  frame.head.run = number;
  frame.payload = std::move(run.payload);
  ActiveRun& active = active_[number];
  active.run = std::move(run);
  if (active.run.time_limit > std::chrono::nanoseconds(0))
    active.timer = loop_.After(active.run.time_limit, [this, number] {
      Cancel(number, {RunOutcome::kTimeout,
                      fmt::format("the run took longer than its time limit of {} and was stopped",
                                  PrintDuration(active_.at(number).run.time_limit))});
    });
  worker_->Send(std::move(frame));
  if (memory_timer_ == 0) WatchMemory();
}

void TriggerSlot::Cancel(std::uint64_t number, Ending ending) {
  const auto found = active_.find(number);
  if (found == active_.end() || found->second.ending) return;
  found->second.ending = std::move(ending);
  loop_.CancelTimer(found->second.timer);
  found->second.timer = loop_.After(limits_.grace, [this, number] {
    killed_for_ = number;
    worker_->Abort(
        fmt::format("did not stop within the grace of {}", PrintDuration(limits_.grace)));
  });
  Frame frame;
  frame.head.type = FrameType::kCancel;
  frame.head.run = number;
  worker_->Send(std::move(frame));
}

Status TriggerSlot::OnFrame(Frame frame) {
  TRY_ASSIGN(WorkerMessage message, DecodeWorkerMessage(frame.head.type, frame.payload.bytes()));
  if (const auto* ready = std::get_if<ReadyMessage>(&message)) {
    if (state_ != State::kStarting) return CorruptError("ready twice");
    Log(LogLevel::kDebug, "plugin_host", "{}: worker process {} is ready, Python {}", label_,
        worker_->pid(), ready->python_version);
    LeaveGate();
    state_ = State::kReady;
    Pump();
    return Ok();
  }
  if (frame.head.run == 0 || frame.head.run >= next_run_)
    return CorruptError(fmt::format("run {} was never started", frame.head.run));
  const auto found = active_.find(frame.head.run);
  if (found == active_.end()) return Ok();  // sent by a thread that a finished run has left behind
  if (auto* finished = std::get_if<FinishedMessage>(&message))
    return Finish(frame.head.run, std::move(finished->result));
  found->second.run.broker->Take(frame.head.call, std::move(message));
  return Ok();
}

Status TriggerSlot::Finish(std::uint64_t number, RunResult result) {
  if (result.outcome == RunOutcome::kCancelled && !active_.at(number).ending)
    return CorruptError("a run ended as cancelled that nobody has cancelled");
  ActiveRun active = std::move(active_.extract(number).mapped());
  loop_.CancelTimer(active.timer);
  crashes_ = 0;
  // A run that was through before the cancel reached it keeps its result.
  if (result.outcome == RunOutcome::kCancelled) {
    result.outcome = active.ending->outcome;
    result.error = active.ending->error;
  }
  End(std::move(active.run), std::move(result));
  TellIfGone();
  return Ok();
}

void TriggerSlot::End(HostedRun run, RunResult result) {
  const auto broker = run.broker;
  broker->Finish([done = std::move(run.done), result = std::make_shared<RunResult>(std::move(
                                                  result))] { done(std::move(*result)); });
}

void TriggerSlot::EndWaiting(const RunResult& result) {
  std::deque<HostedRun> runs = std::exchange(waiting_, {});
  for (HostedRun& run : runs) End(std::move(run), result);
}

RunResult TriggerSlot::ResultOfDeath(std::uint64_t number, const ActiveRun& run,
                                     const WorkerEnd& end) const {
  if (run.ending) {
    if (number != killed_for_) return Ended(run.ending->outcome, run.ending->error);
    return Ended(run.ending->outcome,
                 fmt::format("{}; it did not react within {}, so its worker process was killed and "
                             "what it had cached is lost",
                             run.ending->error, PrintDuration(limits_.grace)),
                 end.output_tail);
  }
  if (killed_for_ != 0)
    return Ended(RunOutcome::kInterrupted,
                 "another run of the same worker process had to be killed");
  return Ended(RunOutcome::kCrashed, fmt::format("the worker process {}", end.how),
               end.output_tail);
}

void TriggerSlot::OnEnded(WorkerEnd end) {
  const bool was_starting = state_ == State::kStarting;
  LeaveGate();
  state_ = State::kNone;
  // The worker calls this: it must not go while it does.
  loop_.Post([kept = std::exchange(worker_, nullptr)] {});
  std::map<std::uint64_t, ActiveRun> active = std::exchange(active_, {});
  bool crashed = was_starting;
  for (auto& [number, run] : active) {
    loop_.CancelTimer(run.timer);
    RunResult result = ResultOfDeath(number, run, end);
    crashed = crashed || result.outcome == RunOutcome::kCrashed;
    End(std::move(run.run), std::move(result));
  }
  killed_for_ = 0;
  if (!retiring_) {
    Log(LogLevel::kWarn, "plugin_host", "{}: the worker process {}", label_, end.how);
    if (crashed) NoteCrash();
    if (was_starting)
      EndWaiting(Ended(RunOutcome::kCrashed,
                       fmt::format("the worker process {} before it was ready", end.how),
                       end.output_tail));
    Pump();
  }
  TellIfGone();
}

void TriggerSlot::NoteCrash() {
  if (++crashes_ < limits_.crashes_max) return;
  paused_until_ = loop_.Now() + limits_.probe_interval;
  Log(LogLevel::kError, "plugin_host", "{}: crashed {} times in a row, is tried again in {}",
      label_, crashes_, PrintDuration(limits_.probe_interval));
}

// A trigger that crashes again and again runs only now and then, to see whether it works again.
bool TriggerSlot::IsPaused() {
  if (crashes_ < limits_.crashes_max) return false;
  const auto left = paused_until_ - loop_.Now();
  if (left <= std::chrono::nanoseconds(0)) return false;
  loop_.CancelTimer(pause_timer_);
  pause_timer_ = loop_.After(left, [this] { Pump(); });
  return true;
}

void TriggerSlot::WatchMemory() {
  memory_timer_ = 0;
  if (limits_.memory_bytes_max == 0 || !worker_) return;
  const std::uint64_t resident = worker_->ResidentBytes();
  if (resident > limits_.memory_bytes_max)
    return worker_->Abort(fmt::format("used {} MiB of memory, at most {} MiB are allowed",
                                      resident >> 20, limits_.memory_bytes_max >> 20));
  memory_timer_ = loop_.After(limits_.memory_look, [this] { WatchMemory(); });
}

void TriggerSlot::Retire(RunOutcome outcome, std::string reason, std::function<void()> gone) {
  gone_ = std::move(gone);
  retiring_ = Ending{outcome, std::move(reason)};
  EndWaiting(Ended(outcome, retiring_->error));
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, run] : active_) numbers.push_back(number);
  for (const std::uint64_t number : numbers) Cancel(number, *retiring_);
  TellIfGone();
}

// A retiring slot is gone when its runs have ended and then its process has.
void TriggerSlot::TellIfGone() {
  if (!retiring_ || !active_.empty() || !gone_) return;
  if (worker_) return worker_->Close(limits_.grace);
  // Later: the caller may be one of our own frames.
  loop_.Post(std::exchange(gone_, nullptr));
}

}  // namespace tidemill::plugin_host
