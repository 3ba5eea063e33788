// Whether the server works, what it is, and its metrics (server.md 1.10).
#include "server/routes/health.h"

#include <nlohmann/json.hpp>

#include "server/errors.h"
#include "server/routes/routes.h"

namespace tidemill::server {
namespace {

// Clients choose features by this version of the API, not by ours.
constexpr std::string_view kApiVersion = "3.10.0";

}  // namespace

Task<http::Response> Health(Services& services, const http::Request&) {
  const std::string wal = services.wal.Health();
  if (wal != "ok") co_return PlainResponse(503, "writes are refused, queries go on: " + wal);
  co_return PlainResponse(
      200, services.info.storage_note.empty() ? "OK" : "OK\n" + services.info.storage_note);
}

http::Response PingResponse(const ServerInfo& info) {
  const nlohmann::ordered_json body = {{"product_name", "Tidemill"},
                                       {"version", info.version},
                                       {"revision", info.revision},
                                       {"process_id", info.process_id},
                                       {"api_version", kApiVersion}};
  http::Response response = JsonResponse(200, body.dump());
  response.headers.emplace_back("X-Influxdb-Build", "Core");
  response.headers.emplace_back("X-Influxdb-Version", std::string(kApiVersion));
  return response;
}

http::Response MetricsResponse(const observe::Metrics& metrics) {
  http::Response response;
  response.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = metrics.Print();
  return response;
}

Task<http::Response> Ping(Services& services, const http::Request&) {
  co_return PingResponse(services.info);
}

Task<http::Response> Metrics(Services& services, const http::Request&) {
  co_return MetricsResponse(services.metrics);
}

}  // namespace tidemill::server
