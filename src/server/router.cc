#include "server/router.h"

#include <algorithm>
#include <iterator>

#include "base/strings.h"
#include "server/errors.h"

namespace tidemill::server {
namespace {

constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"};

http::Response Preflight() {
  http::Response response = EmptyResponse(204);
  response.headers = {{"Access-Control-Allow-Methods", "*"},
                      {"Access-Control-Allow-Headers", "*"},
                      {"Access-Control-Max-Age", "86400"}};
  return response;
}

// Until tokens exist nothing is asked of the header, but one that no server could accept is
// refused.
Status CheckAuthorization(const http::Request& request) {
  const std::string_view header = request.Header("authorization");
  if (header.empty()) return Ok();
  const std::vector<std::string_view> words = Split(header, ' ');
  const bool known = words[0] == "Bearer" || words[0] == "Token" || words[0] == "Basic";
  if (words.size() == 2 && known && !words[1].empty()) return Ok();
  return InvalidError(
      "Authorization header was malformed, expected 'Bearer <token>', 'Token <token>' or 'Basic "
      "<base64 of user:token>'");
}

}  // namespace

Router::Router(Services& services) : services_(services) {}

Task<http::Response> Router::Handle(http::Request request) {
  const auto began = services_.clock.Steady();
  const Route* route = Find(request.method, request.path);
  http::Response response;
  if (request.method == "OPTIONS") {
    response = Preflight();
  } else if (Status authorized = CheckAuthorization(request); !authorized.ok()) {
    response = JsonError(authorized.error());
  } else if (route == nullptr) {
    response = PlainResponse(404, "Not found");
  } else {
    response = co_await route->handler(services_, request);
  }
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  response.headers.emplace_back("cluster-uuid", services_.catalog.Get()->uuid);
  Count(request, route, response, began);
  co_return response;
}

const Route* Router::Find(std::string_view method, std::string_view path) const {
  for (const Route& route : Routes()) {
    if (route.path == path &&
        (route.method == method || (method == "HEAD" && route.method == "GET")))
      return &route;
  }
  return nullptr;
}

void Router::Count(const http::Request& request, const Route* route, const http::Response& response,
                   std::chrono::nanoseconds began) {
  // The route's own path, never the client's, and no invented methods: labels must stay few.
  const std::string path(route != nullptr ? route->path : "other");
  const bool is_method = std::ranges::find(kMethods, request.method) != std::end(kMethods);
  const observe::Labels labels = {{"method", is_method ? request.method : "other"},
                                  {"path", path},
                                  {"status", std::to_string(response.status)}};
  services_.metrics.counter("http_requests_total", "HTTP requests answered", labels).Add();
  services_.metrics
      .histogram("http_request_duration_seconds", "Time from request to the start of its answer",
                 {{"path", path}})
      .Observe((services_.clock.Steady() - began).count());
}

}  // namespace tidemill::server
