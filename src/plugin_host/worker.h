// One worker process and the server's end of everything that connects to it: frames, output, life
// and death. No policy: trigger_slot.h decides what runs on it and when it must go.
//
// Lives on the loop thread. Held by shared_ptr, so that a late answer can see that it is gone.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "plugin_host/channel.h"
#include "plugin_host/event_loop.h"
#include "plugin_host/output_log.h"
#include "plugin_host/process.h"

namespace tidemill::plugin_host {

struct WorkerEnd {
  std::string how;          // "was killed by signal 11 (Segmentation fault)"
  std::string output_tail;  // the newest it printed, with Python's own crash report
};

class Worker {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // An error means that no worker of ours sends such a frame: the worker is killed.
    virtual Status OnFrame(Frame frame) = 0;
    // Once, when the process is gone and all its frames and output are read.
    virtual void OnEnded(WorkerEnd end) = 0;
  };

  // `spec` without its control_fd.
  static Result<std::shared_ptr<Worker>> Start(EventLoop& loop, ChildProcess::Spec spec,
                                               std::string label, Listener& listener);
  Worker(EventLoop& loop, ChildProcess process, FileDescriptor socket, std::string label,
         Listener& listener);
  ~Worker();

  void Send(Frame frame);
  // Closes the control socket: the worker's signal to leave. After `grace` it is killed.
  void Close(std::chrono::nanoseconds grace);
  // Has Python print where it is (SIGABRT), then kills it. For a worker that does not react.
  void Abort(std::string reason);
  void Kill(std::string reason);
  bool ended() const { return ended_; }
  pid_t pid() const { return process_.pid(); }
  // Resident memory of the process; 0 when it is gone.
  std::uint64_t ResidentBytes() const;
  void ForgetOutput() { output_.ForgetTail(); }

 private:
  void WatchAll();
  void OnSocket(std::uint32_t events);
  void ReceiveFrames(int frames_max);
  void ReadOutput(std::size_t bytes_max);
  void OnExit();
  void DropSocket();
  void UpdateSocketInterest();

  EventLoop& loop_;
  ChildProcess process_;
  std::optional<Channel> channel_;
  OutputLog output_;
  Listener& listener_;
  std::string kill_reason_;  // empty: it was not our doing
  bool ended_ = false;
  bool wants_write_ = false;
  EventLoop::WatchId socket_watch_ = 0;
  EventLoop::WatchId exit_watch_ = 0;
  EventLoop::WatchId output_watch_ = 0;
  EventLoop::TimerId kill_timer_ = 0;
};

}  // namespace tidemill::plugin_host
