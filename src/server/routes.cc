// Every route of the server. A handler lives in routes/<family>.cc.
#include "server/routes/routes.h"
#include "server/router.h"

namespace tidemill::server {

const std::vector<Route>& Routes() {
  static const std::vector<Route> kRoutes = {
      {"POST", "/api/v3/write_lp", &WriteLp},
      {"GET", "/api/v3/query_sql", &QuerySql},
      {"POST", "/api/v3/query_sql", &QuerySql},
      {"GET", "/api/v3/configure/database", &ListDatabases},
      {"POST", "/api/v3/configure/database", &CreateDatabase},
      {"PUT", "/api/v3/configure/database", &UpdateDatabase},
      {"POST", "/api/v3/configure/table", &CreateTable},
      {"POST", "/api/v3/configure/processing_engine_trigger", &CreateTrigger},
      {"DELETE", "/api/v3/configure/processing_engine_trigger", &DeleteTrigger},
      {"POST", "/api/v3/configure/processing_engine_trigger/enable", &EnableTrigger},
      {"POST", "/api/v3/configure/processing_engine_trigger/disable", &DisableTrigger},
      {"GET", "/health", &Health},
      {"GET", "/api/v1/health", &Health},
      {"GET", "/ping", &Ping},
      {"POST", "/ping", &Ping},
      {"GET", "/metrics", &Metrics},
  };
  return kRoutes;
}

}  // namespace tidemill::server
