// The answers of /ping and /metrics: those that a server gives while it starts, too.
#pragma once

#include "http/message.h"
#include "observe/metrics.h"
#include "server/services.h"

namespace tidemill::server {

http::Response PingResponse(const ServerInfo& info);
http::Response MetricsResponse(const observe::Metrics& metrics);

}  // namespace tidemill::server
