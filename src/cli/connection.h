// The flags that every client command has, and the client they make.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "http/client.h"

namespace tidemill::cli {

class Connection {
 public:
  void Declare(Arguments& arguments);
  // -d, --database, required.
  static void DeclareDatabase(Arguments& arguments, std::string& into);
  // Another host for this kind of request: --write-host, --query-host.
  void DeclareHostOverride(Arguments& arguments, std::string name, std::string environment);

  // Does not talk to the server yet. May be called for several connections.
  Result<std::unique_ptr<http::Client>> Open(const Context& context) const;

 private:
  std::string host_ = "http://127.0.0.1:8181";
  std::string host_override_;
  std::string token_;
  std::string tls_ca_;
  bool tls_no_verify_ = false;
};

}  // namespace tidemill::cli
