#include "sql/duckdb_instance.h"

#include <algorithm>
#include <string_view>
#include <thread>

#include "base/status_macros.h"
#include "duckdb.hpp"
#include "sql/duckdb_errors.h"
#include "sql/query_threads.h"

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

void Configure(duckdb::DBConfig& config, const InstanceOptions& options, std::size_t threads) {
  config.options.autoinstall_known_extensions = false;
  config.options.autoload_known_extensions = false;
  config.SetOptionByName("allow_community_extensions", duckdb::Value::BOOLEAN(false));
  config.SetOptionByName("allow_persistent_secrets", duckdb::Value::BOOLEAN(false));
  config.SetOptionByName("preserve_insertion_order",
                         duckdb::Value::BOOLEAN(options.keeps_row_order));
  if (options.memory_bytes > 0) config.options.maximum_memory = options.memory_bytes;
  config.options.maximum_threads = threads;
  config.options.external_threads = threads;  // see QueryThreads
  config.SetOptionByName("default_null_order", duckdb::Value("nulls_last_on_asc_first_on_desc"));
  config.SetOptionByName("integer_division", duckdb::Value::BOOLEAN(true));
}

struct RunningInstance {
  RunningInstance(duckdb::DBConfig& config, std::size_t total_threads)
      : database(nullptr, &config), threads(*database.instance, total_threads) {}

  duckdb::DuckDB database;
  QueryThreads threads;
};

}  // namespace

Result<std::shared_ptr<duckdb::DuckDB>> OpenInstance(const InstanceOptions& options) {
  TRY(CheckLibrary());
  return CatchingErrors("", [&]() -> Result<std::shared_ptr<duckdb::DuckDB>> {
    const std::size_t threads =
        options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
    duckdb::DBConfig config;
    Configure(config, options, threads);
    const auto running = std::make_shared<RunningInstance>(config, threads);
    // File names given as tables are never read: catalog and files are not the user's to name.
    duckdb::DBConfig::GetConfig(*running->database.instance).replacement_scans.clear();
    for (const Mount& mount : options.mounts) {
      running->database.GetFileSystem().RegisterSubSystem(duckdb::make_uniq<ObjectFileSystem>(
          mount.store, mount.access, std::string(mount.scheme)));
    }
    return std::shared_ptr<duckdb::DuckDB>(running, &running->database);
  });
}

Status LockDown(duckdb::DuckDB& database, const InstanceOptions& options) {
  return CatchingErrors("", [&]() -> Status {
    duckdb::Connection connection(database);
    TRY(Run(connection, "SET GLOBAL TimeZone = 'UTC'"));
    TRY(Run(connection, "SET GLOBAL parquet_metadata_cache = false"));  // it never forgets
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
