// Answers what one plugin run asks of the server while it runs: query, write_sync, cache, log.
//
// Calls wait on threads that may block, a few at a time for each run, so that no run takes them all
// from the others. Log lines keep their order and have threads of their own. Finish waits for all
// of it, so that the run's RunServices are never used after its end.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/thread_pool.h"
#include "engine/ports.h"
#include "plugin_host/frames.h"
#include "plugin_host/messages.h"

namespace tidemill::plugin_host {

class Broker : public std::enable_shared_from_this<Broker> {
 public:
  static constexpr std::size_t kCallsAtOnce = 2;
  static constexpr std::size_t kCallsWaitingMax = 256;
  static constexpr std::size_t kLogsWaitingMax = 10'000;

  // Called on any thread, also after the run's end.
  using Reply = std::function<void(std::uint64_t call, Payload payload)>;
  // `calls` for what may block, `quick` for the rest.
  Broker(engine::RunServices& services, ThreadPool& calls, ThreadPool& quick)
      : services_(services), calls_(calls), quick_(quick) {}

  // Before the first Take.
  void Connect(Reply reply) { reply_ = std::move(reply); }
  // A message that is neither kReady nor kFinished. Does not block.
  void Take(std::uint64_t call, WorkerMessage message) EXCLUDES_LOCK(mutex_);
  // Once: calls `then` on a thread of `quick` when all that was taken is done.
  void Finish(std::function<void()> then) EXCLUDES_LOCK(mutex_);

 private:
  using Job = std::function<void()>;
  struct Call {
    std::uint64_t number = 0;
    WorkerMessage message;
  };
  void TakeLog(LogMessage message) EXCLUDES_LOCK(mutex_);
  void TakeCall(Call call) EXCLUDES_LOCK(mutex_);
  void StartWaitingCalls() EXCLUDES_LOCK(mutex_);
  void EndCall() EXCLUDES_LOCK(mutex_);
  void WriteLogs() EXCLUDES_LOCK(mutex_);
  void FinishIfIdle() EXCLUDES_LOCK(mutex_);
  void PostQuick(Job job);
  void Answer(std::uint64_t call, std::string payload);
  std::string Serve(WorkerMessage message);
  std::string ServeQuery(QueryMessage message);
  std::string ServeWriteSync(WriteSyncMessage message);
  std::string ServeCacheGet(const CacheGetMessage& message);
  std::string ServeCachePut(CachePutMessage message);

  engine::RunServices& services_;
  ThreadPool& calls_;
  ThreadPool& quick_;
  Reply reply_;

  Mutex mutex_;
  std::size_t calls_running_ GUARDED_BY(mutex_) = 0;
  std::deque<Call> calls_waiting_ GUARDED_BY(mutex_);
  bool logs_running_ GUARDED_BY(mutex_) = false;
  std::deque<LogMessage> logs_ GUARDED_BY(mutex_);
  std::size_t logs_dropped_ GUARDED_BY(mutex_) = 0;
  Job then_ GUARDED_BY(mutex_);
};

}  // namespace tidemill::plugin_host
