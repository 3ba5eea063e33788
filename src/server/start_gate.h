// Answers while the server starts: the port listens before the log is replayed, so that whoever
// asks learns why it has to wait.
//
// /health, /ping and /metrics are answered; everything else gets 503 with Retry-After and how far
// the start has come. After Open every request goes to the router. Any thread.
#pragma once

#include <atomic>
#include <string>

#include "base/mutex.h"
#include "base/task.h"
#include "http/message.h"
#include "observe/metrics.h"
#include "server/router.h"
#include "server/services.h"

namespace tidemill::server {

class StartGate {
 public:
  StartGate(observe::Metrics& metrics, ServerInfo info)
      : metrics_(metrics), info_(std::move(info)) {}

  // What the server is doing: "replaying the log: 12 of 130 MiB, 4000 records".
  void Note(std::string step) EXCLUDES_LOCK(mutex_);
  // The server serves. The router outlives the gate's last request.
  void Open(Router& router) { router_.store(&router, std::memory_order_release); }

  // The http::Handler of the server.
  Task<http::Response> Handle(http::Request request) EXCLUDES_LOCK(mutex_);

 private:
  http::Response AnswerEarly(const http::Request& request) EXCLUDES_LOCK(mutex_);

  observe::Metrics& metrics_;
  const ServerInfo info_;
  std::atomic<Router*> router_ = nullptr;
  Mutex mutex_;
  std::string step_ GUARDED_BY(mutex_) = "opening the data directory";
};

}  // namespace tidemill::server
