// The HTTP/1.1 server: listeners, connections, limits. Beast lives in server.cc and nowhere else
// here.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/message.h"
#include "observe/metrics.h"

namespace tidemill::http {

class Server {
 public:
  struct Options {
    std::string bind = "0.0.0.0:8181";  // host:port, [v6]:port; port 0 = any free one
    std::size_t threads = 2;
    std::size_t body_bytes_max = 10'485'760;  // larger: 413 "max request size (N bytes) exceeded"
    std::size_t header_bytes_max = 65'536;
    std::size_t connections_max = 10'000;
    std::chrono::seconds header_timeout{10};
    std::chrono::seconds body_timeout{60};
    std::chrono::seconds idle_timeout{60};
    std::chrono::seconds stall_timeout{300};  // a client that does not read its answer
  };
  // Binds and listens. Error: kInvalid (address), kConflict "address … is in use".
  static Result<std::unique_ptr<Server>> Listen(Options options, Handler handler,
                                                observe::Metrics& metrics);
  virtual ~Server() = default;
  virtual std::string address() const = 0;  // "127.0.0.1:8181", with the real port
  // Stops accepting, lets requests under way end within `limit`, closes the rest, joins; safe
  // twice.
  virtual void Stop(std::chrono::nanoseconds limit) = 0;
};

}  // namespace tidemill::http
