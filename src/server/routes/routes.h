// The handlers of all routes, by family; the table that names them is server/routes.cc.
#pragma once

#include "base/task.h"
#include "http/message.h"
#include "server/services.h"

namespace tidemill::server {

// write.cc
Task<http::Response> WriteLp(Services& services, const http::Request& request);
// query.cc
Task<http::Response> QuerySql(Services& services, const http::Request& request);
// databases.cc
Task<http::Response> ListDatabases(Services& services, const http::Request& request);
Task<http::Response> CreateDatabase(Services& services, const http::Request& request);
Task<http::Response> UpdateDatabase(Services& services, const http::Request& request);
Task<http::Response> CreateTable(Services& services, const http::Request& request);
// triggers.cc
Task<http::Response> CreateTrigger(Services& services, const http::Request& request);
Task<http::Response> DeleteTrigger(Services& services, const http::Request& request);
Task<http::Response> EnableTrigger(Services& services, const http::Request& request);
Task<http::Response> DisableTrigger(Services& services, const http::Request& request);
// health.cc
Task<http::Response> Health(Services& services, const http::Request& request);
Task<http::Response> Ping(Services& services, const http::Request& request);
Task<http::Response> Metrics(Services& services, const http::Request& request);

}  // namespace tidemill::server
