#include "sql/duckdb_instance.h"

#include <string_view>

#include "base/status_macros.h"
#include "duckdb.hpp"
#include "sql/duckdb_errors.h"

namespace tidemill::sql {
namespace {

Status CheckLibrary() {
  const std::string_view version = duckdb::DuckDB::LibraryVersion();
  const std::string_view source_id = duckdb::DuckDB::SourceID();
  if (version == TIDEMILL_DUCKDB_VERSION && source_id == TIDEMILL_DUCKDB_SOURCE_ID) return Ok();
  return Error{ErrorCode::kUnsupported,
               "libduckdb.so is " + std::string(version) + " (" + std::string(source_id) +
                   "), this program needs " TIDEMILL_DUCKDB_VERSION " (" TIDEMILL_DUCKDB_SOURCE_ID
                   "): install the library that came with it"};
}

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

Status Run(duckdb::Connection& connection, const std::string& statement) {
  const auto result = connection.Query(statement);
  if (!result->HasError()) return Ok();
  return ToError(result->GetErrorObject(), statement);
}

void Configure(duckdb::DBConfig& config, const InstanceOptions& options) {
  config.options.autoinstall_known_extensions = false;
  config.options.autoload_known_extensions = false;
  config.SetOptionByName("allow_community_extensions", duckdb::Value::BOOLEAN(false));
  config.SetOptionByName("allow_persistent_secrets", duckdb::Value::BOOLEAN(false));
  config.SetOptionByName("preserve_insertion_order",
                         duckdb::Value::BOOLEAN(options.keeps_row_order));
  if (options.memory_bytes > 0) config.options.maximum_memory = options.memory_bytes;
  if (options.threads > 0) {
    config.SetOptionByName("threads",
                           duckdb::Value::BIGINT(static_cast<std::int64_t>(options.threads)));
  }
  config.SetOptionByName("default_null_order", duckdb::Value("nulls_last_on_asc_first_on_desc"));
  config.SetOptionByName("integer_division", duckdb::Value::BOOLEAN(true));
}

}  // namespace

Result<std::unique_ptr<duckdb::DuckDB>> OpenInstance(const InstanceOptions& options) {
  TRY(CheckLibrary());
  return CatchingErrors("", [&]() -> Result<std::unique_ptr<duckdb::DuckDB>> {
    duckdb::DBConfig config;
    Configure(config, options);
    auto database = std::make_unique<duckdb::DuckDB>(nullptr, &config);
    // File names given as tables are never read: catalog and files are not the user's to name.
    duckdb::DBConfig::GetConfig(*database->instance).replacement_scans.clear();
    for (const Mount& mount : options.mounts) {
      database->GetFileSystem().RegisterSubSystem(duckdb::make_uniq<ObjectFileSystem>(
          mount.store, mount.access, std::string(mount.scheme)));
    }
    return database;
  });
}

Status LockDown(duckdb::DuckDB& database, const InstanceOptions& options) {
  return CatchingErrors("", [&]() -> Status {
    duckdb::Connection connection(database);
    TRY(Run(connection, "SET GLOBAL TimeZone = 'UTC'"));
    TRY(Run(connection, "SET GLOBAL temp_directory = " + Quoted(options.spill_directory)));
    std::string directories;
    for (const Mount& mount : options.mounts) {
      directories += (directories.empty() ? "" : ", ") + Quoted(mount.scheme);
    }
    if (!options.spill_directory.empty()) directories += ", " + Quoted(options.spill_directory);
    TRY(Run(connection, "SET GLOBAL allowed_directories = [" + directories + "]"));
    TRY(Run(connection, "SET GLOBAL enable_external_access = false"));
    return Run(connection, "SET GLOBAL lock_configuration = true");
  });
}

}  // namespace tidemill::sql
