// One HTTP/1.1 connection: bytes to requests and responses to bytes, with limits and time-outs.
//
// Private to http/. Beast is included by connection.cc alone. Bodies of known length are read
// straight into the request's string; the next piece of a streamed answer is asked for only when
// the last one is written, so a slow client stops its producer.
#pragma once

#include <atomic>
#include <memory>

#include "base/mutex.h"
#include "http/asio_bridge.h"
#include "http/message.h"
#include "http/server.h"
#include "observe/metrics.h"

namespace tidemill::http {

// What all connections of a server share. Outlives them (held by shared_ptr).
struct ConnectionContext {
  Server::Options options;
  Handler handler;
  observe::Gauge* open_connections = nullptr;
  observe::Counter* bytes_in = nullptr;
  observe::Counter* bytes_out = nullptr;
  std::atomic<bool> stopping = false;  // answers carry "Connection: close" from now on

  // Requests between their last byte and the last byte of their answer: what a stop waits for.
  Mutex mutex;
  CondVar idle;
  int in_flight GUARDED_BY(mutex) = 0;

  void AddInFlight(int n) EXCLUDES_LOCK(mutex) {
    MutexLock lock(mutex);
    in_flight += n;
    if (in_flight == 0) idle.NotifyAll();
  }
};

// Serves requests until either side closes. Never throws. `core` owns the loop it runs on.
Awaitable<void> ServeConnection(Stream stream, std::shared_ptr<ConnectionContext> context,
                                std::weak_ptr<void> core);

}  // namespace tidemill::http
