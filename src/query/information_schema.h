// The views of `information_schema`, as users of InfluxDB know them: what a database holds, with
// the names of Arrow types.
//
// Pure: everything comes from one catalog snapshot and the list of system tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/snapshot.h"
#include "query/system_table.h"
#include "sql/ports.h"

namespace tidemill::query {

inline constexpr std::string_view kCatalogName = "public";
inline constexpr std::string_view kUserSchema = "iox";
inline constexpr std::string_view kSystemSchema = "system";
inline constexpr std::string_view kInformationSchema = "information_schema";

// "columns", "schemata", "tables", "views", in this order.
const std::vector<std::string>& InformationSchemaNames();

// `system_tables`: those that can be seen from the database, by name. Error: kNotFound "table
// 'public.information_schema.x' not found, …".
Result<sql::ValueTable> MakeInformationSchema(std::string_view view,
                                              const catalog::Database& database,
                                              const std::vector<SystemTable*>& system_tables);

// "table 'public.iox.x' not found, did you mean 'cpu'?"
Error TableNotFound(std::string_view schema, std::string_view name,
                    const std::vector<std::string>& candidates);

}  // namespace tidemill::query
