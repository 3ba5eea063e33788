// Requests and responses, as plain data: no Beast type appears here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"

namespace tidemill::http {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  // "GET"
  std::string target;  // as on the wire: raw path and query string
  std::string path;    // raw (still percent-encoded) path
  std::string query;   // raw query string, without '?'
  Pairs headers;       // names in lower case, in order, values as bytes
  std::string body;    // as sent (compressed bodies are still compressed)
  std::string client;  // "127.0.0.1:54321"

  std::string_view Header(
      std::string_view lower_case_name) const;  // "" if absent; the last one wins
};

// Decoded query parameters (form-urlencoded); a broken escape is left as it is.
Pairs ParseQuery(std::string_view query);

// A body made piece by piece. The connection asks for the next piece only when the last one is on
// its way, so a client that does not read stops the producer. Destroyed early when the client goes
// away.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  // nullopt: the end. An error cuts the connection (and is logged).
  virtual Task<Result<std::optional<std::string>>> Next() = 0;
};

struct Response {
  int status = 200;
  Pairs headers;
  std::string body;
  std::unique_ptr<BodyStream> stream;  // if set, sent (chunked) instead of `body`
};

// Answers one request. Runs on a listener thread: must not block. May finish on another thread.
using Handler = std::function<Task<Response>(Request)>;

}  // namespace tidemill::http
