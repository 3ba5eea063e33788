#include "plugin_host/broker.h"

#include <fmt/format.h>

#include <utility>

#include "base/check.h"
#include "base/overload.h"

namespace tidemill::plugin_host {

void Broker::Take(std::uint64_t call, WorkerMessage message) {
  if (auto* log = std::get_if<LogMessage>(&message)) return TakeLog(std::move(*log));
  TakeCall({call, std::move(message)});
}

void Broker::Finish(std::function<void()> then) {
  {
    MutexLock lock(mutex_);
    then_ = std::move(then);
    calls_waiting_.clear();  // nobody is left to read their answers
  }
  FinishIfIdle();
}

void Broker::TakeLog(LogMessage message) {
  {
    MutexLock lock(mutex_);
    if (logs_.size() >= kLogsWaitingMax) {
      ++logs_dropped_;
      return;
    }
    logs_.push_back(std::move(message));
    if (std::exchange(logs_running_, true)) return;
  }
  PostQuick([self = shared_from_this()] { self->WriteLogs(); });
}

void Broker::WriteLogs() {
  while (true) {
    std::deque<LogMessage> logs;
    std::size_t dropped = 0;
    {
      MutexLock lock(mutex_);
      logs.swap(logs_);
      dropped = std::exchange(logs_dropped_, 0);
      if (logs.empty() && dropped == 0) {
        logs_running_ = false;
        break;
      }
    }
    for (LogMessage& log : logs) services_.Log(log.severity, std::move(log.text));
    if (dropped > 0)
      services_.Log(engine::LogSeverity::kWarn,
                    fmt::format("{} log lines were dropped: they came faster than they could be "
                                "stored",
                                dropped));
  }
  FinishIfIdle();
}

void Broker::TakeCall(Call call) {
  const std::uint64_t number = call.number;
  bool has_room = false;
  {
    MutexLock lock(mutex_);
    has_room = calls_waiting_.size() < kCallsWaitingMax;
    if (has_room) calls_waiting_.push_back(std::move(call));
  }
  if (!has_room)
    return Answer(number,
                  EncodeErrorReply(fmt::format("{} calls of this run are waiting for the server "
                                               "already, at most that many may",
                                               kCallsWaitingMax)));
  StartWaitingCalls();
}

void Broker::StartWaitingCalls() {
  while (true) {
    auto call = std::make_shared<Call>();
    {
      MutexLock lock(mutex_);
      if (calls_running_ == kCallsAtOnce || calls_waiting_.empty()) return;
      *call = std::move(calls_waiting_.front());
      calls_waiting_.pop_front();
      ++calls_running_;
    }
    const bool posted = calls_.TryPost([self = shared_from_this(), call] {
      self->Answer(call->number, self->Serve(std::move(call->message)));
      self->EndCall();
    });
    if (posted) continue;
    Answer(call->number, EncodeErrorReply("the server has too many calls of plugins waiting"));
    MutexLock lock(mutex_);
    --calls_running_;
  }
}

void Broker::EndCall() {
  {
    MutexLock lock(mutex_);
    --calls_running_;
  }
  StartWaitingCalls();
  FinishIfIdle();
}

void Broker::FinishIfIdle() {
  Job then;
  {
    MutexLock lock(mutex_);
    if (calls_running_ > 0 || logs_running_) return;
    then = std::exchange(then_, nullptr);
  }
  if (then) PostQuick(std::move(then));
}

void Broker::PostQuick(Job job) {
  // A full queue must not lose the end of a run: then this thread does it.
  if (!quick_.TryPost(job)) job();
}

void Broker::Answer(std::uint64_t call, std::string payload) {
  Result<Payload> reply = Payload::From(std::move(payload));
  if (!reply.ok()) reply = Payload::From(EncodeErrorReply(reply.error().message));
  if (reply.ok()) reply_(call, std::move(reply).value());
}

std::string Broker::Serve(WorkerMessage message) {
  return std::visit(
      Overload{[&](QueryMessage& query) { return ServeQuery(std::move(query)); },
               [&](WriteSyncMessage& write) { return ServeWriteSync(std::move(write)); },
               [&](CacheGetMessage& get) { return ServeCacheGet(get); },
               [&](CachePutMessage& put) { return ServeCachePut(std::move(put)); },
               [&](CacheDeleteMessage& remove) {
                 return EncodeCacheDeleteReply(services_.CacheDelete(remove.key));
               },
               [](ReadyMessage&) { return EncodeErrorReply("not a call"); },
               [](LogMessage&) { return EncodeErrorReply("not a call"); },
               [](FinishedMessage&) { return EncodeErrorReply("not a call"); }},
      message);
}

std::string Broker::ServeQuery(QueryMessage message) {
  const auto rows = services_.Query(std::move(message.sql), std::move(message.parameters),
                                    std::move(message.database));
  return rows.ok() ? EncodeQueryReply(*rows) : EncodeErrorReply(rows.error().message);
}

std::string Broker::ServeWriteSync(WriteSyncMessage message) {
  const Status written =
      services_.WriteSync(std::move(message.database), std::move(message.lines), message.no_sync);
  return written.ok() ? EncodeEmptyReply() : EncodeErrorReply(written.error().message);
}

std::string Broker::ServeCacheGet(const CacheGetMessage& message) {
  const auto value = services_.CacheGet(message.key);
  if (!value) return EncodeCacheGetReply(CacheState::kAbsent, 0, "");
  if (message.known_version != 0 && value->version == message.known_version)
    return EncodeCacheGetReply(CacheState::kUnchanged, value->version, "");
  return EncodeCacheGetReply(CacheState::kValue, value->version, value->pickled);
}

std::string Broker::ServeCachePut(CachePutMessage message) {
  const auto version =
      services_.CachePut(message.key, std::move(message.pickled), message.ttl_seconds);
  return version.ok() ? EncodeCachePutReply(*version) : EncodeErrorReply(version.error().message);
}

}  // namespace tidemill::plugin_host
