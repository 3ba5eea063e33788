// Path to handler: the route table, and what is the same for every answer.
//
// Every answer carries `cluster-uuid` and the CORS header; OPTIONS is answered before anything
// else; an unknown path, or a method that a path does not know, is 404 "Not found" (server.md 1.1).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "http/message.h"
#include "server/services.h"

namespace tidemill::server {

using RouteHandler = Task<http::Response> (*)(Services& services, const http::Request& request);

struct Route {
  std::string_view method;
  std::string_view path;
  RouteHandler handler;
};

class Router {
 public:
  explicit Router(Services& services);
  // The http::Handler of the server. The router must outlive it.
  Task<http::Response> Handle(http::Request request);

 private:
  const Route* Find(std::string_view method, std::string_view path) const;
  void Count(const http::Request& request, const Route* route, const http::Response& response,
             std::chrono::nanoseconds began);

  Services& services_;
};

// Every route of the server, one row each (routes.cc).
const std::vector<Route>& Routes();

}  // namespace tidemill::server
