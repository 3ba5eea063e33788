// One thread that watches descriptors, runs timers and takes jobs from other threads.
//
// Everything that concerns worker processes happens on it, so that their state needs no locks; and
// since it lives as long as the host, a worker that asked to die with its parent thread does not
// die early. What runs here must not block.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <unordered_map>

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "base/mutex.h"
#include "base/result.h"

namespace tidemill::plugin_host {

class EventLoop {
 public:
  using Job = std::function<void()>;
  using WatchId = std::uint64_t;
  using TimerId = std::uint64_t;

  explicit EventLoop(Clock& clock) : clock_(clock) {}
  ~EventLoop();
  Status Start();
  // Runs the jobs that are there, then ends the thread. Safe twice.
  void Stop();

  // From any thread. False: the loop is stopped and the job was dropped.
  bool Post(Job job) EXCLUDES_LOCK(mutex_);

  // The rest on the loop's own thread only. `ready` is given the epoll events.
  WatchId Watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready);
  void Change(WatchId watch, std::uint32_t events);
  void Unwatch(WatchId watch);  // before the descriptor is closed; 0 and unknown ones are ignored
  TimerId After(std::chrono::nanoseconds delay, Job job);
  void CancelTimer(TimerId timer);  // 0 and past ones are ignored
  std::chrono::nanoseconds Now() const { return clock_.Steady(); }

 private:
  struct Watched {
    int fd;
    std::function<void(std::uint32_t)> ready;
  };
  void Run();
  int MillisecondsToNextTimer() const;
  void RunTimers();
  void RunJobs() EXCLUDES_LOCK(mutex_);

  Clock& clock_;
  FileDescriptor epoll_;
  FileDescriptor wake_;
  std::uint64_t next_id_ = 1;  // of watches and timers; 0 is the wake-up descriptor
  std::unordered_map<WatchId, std::shared_ptr<Watched>> watched_;
  std::map<std::pair<std::chrono::nanoseconds, TimerId>, Job> timers_;
  std::unordered_map<TimerId, std::chrono::nanoseconds> timer_times_;
  bool ending_ = false;  // loop thread only

  Mutex mutex_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = true;
  std::thread thread_;
};

}  // namespace tidemill::plugin_host
