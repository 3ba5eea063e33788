// One trigger's place in the host: its worker process, the runs on it, and what happens when they
// take too long or bring it down.
//
//   deadline  -> cancel (KeyboardInterrupt in the run) -> grace -> the process is killed
//   death     -> its runs end: `crashed`, or `timeout` for the culprit and `interrupted` for
//   others;
//                the next run gets a new process; after several crashes in a row it has to wait
//   retire    -> runs are cancelled, the process leaves, then the slot is gone
//
// Loop thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/ports.h"
#include "plugin_host/broker.h"
#include "plugin_host/event_loop.h"
#include "plugin_host/start_gate.h"
#include "plugin_host/worker.h"

namespace tidemill::plugin_host {

// How to start a worker: command and environment.
using Launch = ChildProcess::Spec;

struct HostedRun {
  std::chrono::nanoseconds time_limit{0};  // 0: none
  Payload payload;                         // of its kRun frame
  std::shared_ptr<const Launch> launch;
  std::shared_ptr<Broker> broker;
  std::function<void(engine::RunResult)> done;  // once, on a thread of the broker's
};

struct SlotLimits {
  std::chrono::nanoseconds start_limit = std::chrono::seconds(30);
  std::chrono::nanoseconds grace = std::chrono::seconds(1);  // --plugin-grace
  std::uint64_t memory_bytes_max = 0;                        // of one worker; 0: no limit
  std::chrono::nanoseconds memory_look = std::chrono::milliseconds(500);
  unsigned crashes_max = 5;  // in a row; then only a run now and then
  std::chrono::nanoseconds probe_interval = std::chrono::seconds(60);
};

class TriggerSlot final : public Worker::Listener {
 public:
  TriggerSlot(EventLoop& loop, StartGate& gate, const SlotLimits& limits, std::string label);
  ~TriggerSlot() override;

  void Submit(HostedRun run);
  // Ends every run with `outcome` and `reason`; `gone` is called once nothing is left. Nothing is
  // submitted afterwards.
  void Retire(engine::RunOutcome outcome, std::string reason, std::function<void()> gone);

  Status OnFrame(Frame frame) override;
  void OnEnded(WorkerEnd end) override;

 private:
  struct Ending {  // why a run is being stopped
    engine::RunOutcome outcome;
    std::string error;
  };
  struct ActiveRun {
    HostedRun run;
    EventLoop::TimerId timer = 0;  // the deadline, then the grace
    std::optional<Ending> ending;
  };
  enum class State { kNone, kQueued, kStarting, kReady };

  void Pump();
  void StartWorker();
  void SendRun(HostedRun run);
  void Cancel(std::uint64_t number, Ending ending);
  Status Finish(std::uint64_t number, engine::RunResult result);
  void End(HostedRun run, engine::RunResult result);
  void EndWaiting(const engine::RunResult& result);
  void LeaveGate();
  void NoteCrash();
  bool IsPaused();
  void WatchMemory();
  engine::RunResult ResultOfDeath(std::uint64_t number, const ActiveRun& run,
                                  const WorkerEnd& end) const;
  void TellIfGone();

  EventLoop& loop_;
  StartGate& gate_;
  const SlotLimits limits_;
  const std::string label_;

  State state_ = State::kNone;
  std::shared_ptr<Worker> worker_;
  std::uint64_t next_run_ = 1;
  std::deque<HostedRun> waiting_;  // for the worker to be ready
  std::map<std::uint64_t, ActiveRun> active_;
  std::uint64_t killed_for_ = 0;  // the run that did not stop within its grace
  unsigned crashes_ = 0;          // in a row
  std::chrono::nanoseconds paused_until_{0};
  EventLoop::TimerId start_timer_ = 0;
  EventLoop::TimerId pause_timer_ = 0;
  EventLoop::TimerId memory_timer_ = 0;
  std::optional<Ending> retiring_;
  std::function<void()> gone_;
  std::shared_ptr<TriggerSlot*> self_;  // for what may come back after the slot is gone
};

}  // namespace tidemill::plugin_host
