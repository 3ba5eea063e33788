// What a command is given of the world: console, environment, clock and the way to a server.
//
// Real: made by Run (run.cc). In tests: string streams, a map and a fake client.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "http/client.h"

namespace tidemill::cli {

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
};

// nullopt: not set. A variable that is set to nothing counts as not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
using Connect = std::function<Result<std::unique_ptr<http::Client>>(http::ClientOptions)>;

struct Context {
  Console console;
  Environment environment;
  Connect connect;
  Clock& clock;
};

}  // namespace tidemill::cli
