// A blocking HTTP client for the command line and for fetching plugins.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/message.h"

namespace tidemill::http {

struct ClientOptions {
  std::string url = "http://127.0.0.1:8181";  // http or https, host, port, optional path prefix
  std::string token;                          // sent as "Authorization: Bearer …"
  std::string tls_ca;                         // PEM file; empty: the system's
  bool tls_no_verify = false;
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds read_timeout{600};
};

struct ClientResponse {
  int status = 0;
  std::string reason;  // "Conflict"
  Pairs headers;       // names in lower case
  std::string body;
};

// One keep-alive connection, opened on first use and again when the server closed it. One thread.
class Client {
 public:
  static Result<std::unique_ptr<Client>> Create(ClientOptions options);
  virtual ~Client() = default;
  // `target` is path and query. kUnavailable: "cannot connect to http://…: Connection refused".
  virtual Result<ClientResponse> Send(std::string_view method, std::string_view target,
                                      const Pairs& headers, std::string_view body) = 0;
  // The same, but the body of a 2xx answer goes piece by piece to `sink`.
  virtual Result<ClientResponse> SendStreaming(
      std::string_view method, std::string_view target, const Pairs& headers, std::string_view body,
      const std::function<Status(std::string_view)>& sink) = 0;
};

}  // namespace tidemill::http
