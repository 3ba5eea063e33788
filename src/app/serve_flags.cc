// The table of the flags of `serve`, and what makes a value of each.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "app/options.h"
#include "base/duration.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/shown.h"

namespace tidemill::app {
namespace {

using cli::Shown;
using Setter = std::function<Status(ServeOptions&, const std::string&)>;

constexpr std::size_t kNodeIdBytesMax = 128;  // it is a directory, and a part of longer names
constexpr std::size_t kThreadsMax = 1024;
constexpr std::size_t kQueriesMax = 100'000;
constexpr std::size_t kRowsMax = 10'000'000;
constexpr std::size_t kBodyBytesMax = std::size_t{4} << 30;
constexpr std::size_t kThingsMax = 100'000'000;  // databases, tables, columns
constexpr std::size_t kDiskReserveBytesMax = std::size_t{1} << 40;
// Deadlines are sums with the time of day: the sum must not pass the end of the clock.
constexpr std::chrono::nanoseconds kDurationMax = std::chrono::hours(365 * 24);

Setter Text(std::string ServeOptions::*member) {
  return [member](ServeOptions& options, const std::string& value) -> Status {
    if (value.empty()) return InvalidError("the value is empty");
    options.*member = value;
    return Ok();
  };
}

Result<std::size_t> ParseCount(const std::string& value, std::size_t max) {
  std::size_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [rest, failed] = std::from_chars(value.data(), end, number);
  if (failed == std::errc() && rest == end && number > 0 && number <= max) return number;
  return InvalidError(fmt::format("'{}': expected a whole number from 1 to {}", Shown(value), max));
}

Setter Count(std::size_t ServeOptions::*member, std::size_t max) {
  return [member, max](ServeOptions& options, const std::string& value) -> Status {
    TRY_ASSIGN(options.*member, ParseCount(value, max));
    return Ok();
  };
}

Setter Limit(std::size_t model::Limits::*member) {
  return [member](ServeOptions& options, const std::string& value) -> Status {
    TRY_ASSIGN(options.limits.*member, ParseCount(value, kThingsMax));
    return Ok();
  };
}

Setter Duration(std::chrono::nanoseconds ServeOptions::*member) {
  return [member](ServeOptions& options, const std::string& value) -> Status {
    TRY_ASSIGN(const auto duration, ParseDuration(value));
    if (duration.count() <= 0 || duration > kDurationMax)
      return InvalidError(
          fmt::format("duration '{}': expected more than 0 and at most 365d", Shown(value)));
    options.*member = duration;
    return Ok();
  };
}

Setter Switch(bool ServeOptions::*member) {
  return [member](ServeOptions& options, const std::string& value) -> Status {
    const std::string text = ToLowerAscii(value);
    if (text == "true" || text == "1" || text == "yes" || text == "on") {
      options.*member = true;
    } else if (text == "false" || text == "0" || text == "no" || text == "off") {
      options.*member = false;
    } else {
      return InvalidError("'" + Shown(value) + "': expected true or false");
    }
    return Ok();
  };
}

bool IsNodeIdByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

Status SetNodeId(ServeOptions& options, const std::string& value) {
  if (value.empty() || value.size() > kNodeIdBytesMax || value.front() == '.' ||
      !std::all_of(value.begin(), value.end(), IsNodeIdByte)) {
    return InvalidError(fmt::format(
        "'{}': expected 1 to {} letters, digits, '-', '_' and '.', not beginning with '.', since "
        "it names a directory",
        Shown(value), kNodeIdBytesMax));
  }
  options.node_id = value;
  return Ok();
}

Status SetObjectStore(ServeOptions& options, const std::string& value) {
  const bool is_elsewhere =
      value == "s3" || value == "google" || value == "azure" || value == "memory-throttled";
  if (value != "file" && value != "memory") {
    return InvalidError(fmt::format("'{}': expected file or memory{}", Shown(value),
                                    is_elsewhere ? " (" + value + " is not there yet)" : ""));
  }
  options.memory_store = value == "memory";
  return Ok();
}

bool IsHost(std::string host) {
  if (host.empty() || host == "localhost") return true;
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(is_bracketed ? AF_INET6 : AF_INET, host.c_str(), address.data()) == 1;
}

Status SetHttpBind(ServeOptions& options, const std::string& value) {
  const std::size_t colon = value.rfind(':');
  std::uint16_t port = 0;
  const char* const end = value.data() + value.size();
  if (colon != std::string::npos) {
    const auto [rest, failed] = std::from_chars(value.data() + colon + 1, end, port);
    if (failed == std::errc() && rest == end && IsHost(value.substr(0, colon))) {
      options.http_bind = value;
      return Ok();
    }
  }
  return InvalidError(fmt::format(
      "'{}': expected ADDRESS:PORT, such as 127.0.0.1:8181 or [::1]:8181", Shown(value)));
}

// Flags of release 3.10, and the beginnings of families of them.
constexpr std::string_view kElsewhere[] = {
    "--admin-token-file",
    "--admin-token-recovery-http-bind",
    "--async-trigger-concurrency-limit",
    "--bucket",
    "--checkpoint-interval",
    "--cluster-id",
    "--delete-grace-period",
    "--disable-authz",
    "--disable-log-filter-noise-reduction",
    "--disable-package-management",
    "--disable-parquet-mem-cache",
    "--disable-telemetry-upload",
    "--distinct-cache-eviction-interval",
    "--exec-mem-pool-bytes",
    "--exec-mem-pool-size",
    "--file-cache-size",
    "--force-snapshot-mem-size",
    "--force-snapshot-mem-threshold",
    "--gen1-duration",
    "--gen1-lookback-duration",
    "--hard-delete-default-duration",
    "--last-cache-eviction-interval",
    "--log-destination",
    "--log-format",
    "--max-concurrent-queries",
    "--node-id-from-env",
    "--package-manager",
    "--plugin-repo",
    "--query-file-limit",
    "--query-log-max-entries",
    "--query-log-size",
    "--restrict-plugin-triggers-to",
    "--retention-check-interval",
    "--snapshot-concurrency-limit",
    "--snapshotted-wal-files-to-keep",
    "--telemetry-endpoint",
    "--wal-files-per-snapshot",
    "--wal-max-buffered-writes",
    "--wal-max-write-buffer-size",
    "--wal-snapshot-size",
    "-v",
};
constexpr std::string_view kElsewhereFamilies[] = {
    "--aws-",        "--azure-",        "--datafusion-",        "--google-",
    "--io-runtime-", "--object-store-", "--parquet-mem-cache-", "--table-index-cache-",
    "--tls-",        "--traces-",       "--wal-replay-",
};

}  // namespace

bool IsServeFlagElsewhere(std::string_view name) {
  const auto begins_name = [name](std::string_view family) { return name.starts_with(family); };
  return std::find(std::begin(kElsewhere), std::end(kElsewhere), name) != std::end(kElsewhere) ||
         std::any_of(std::begin(kElsewhereFamilies), std::end(kElsewhereFamilies), begins_name);
}

const std::vector<ServeFlag>& ServeFlags() {
  static const std::vector<ServeFlag> kFlags = {
      {"--node-id",
       {"--host-id"},
       {"INFLUXDB3_NODE_IDENTIFIER_PREFIX", "INFLUXDB3_NODE_ID"},
       "NODE_ID",
       "Name of this node; its data is below <data-dir>/<node-id>",
       "<hostname>-node",
       SetNodeId},
      {"--object-store",
       {},
       {"INFLUXDB3_OBJECT_STORE"},
       "file|memory",
       "Where data is kept; memory keeps nothing when the server stops",
       "file",
       SetObjectStore},
      {"--data-dir",
       {},
       {"INFLUXDB3_DB_DIR", "INFLUXDB3_DATA_DIR"},
       "DIR",
       "Data directory of --object-store file",
       "~/.influxdb",
       Text(&ServeOptions::data_dir)},
      {"--plugin-dir",
       {},
       {"INFLUXDB3_PLUGIN_DIR"},
       "DIR",
       "Directory of Python plugins",
       "none: the processing engine is off",
       Text(&ServeOptions::plugin_dir)},
      {"--virtual-env-location",
       {},
       {"VIRTUAL_ENV"},
       "DIR",
       "Python virtual environment of the plugins",
       "<plugin-dir>/.venv or <plugin-dir>/venv, if there",
       Text(&ServeOptions::virtual_env)},
      {"--http-bind",
       {},
       {"INFLUXDB3_HTTP_BIND_ADDR"},
       "ADDRESS:PORT",
       "Address to serve on; port 0 is any free one",
       "0.0.0.0:8181",
       SetHttpBind},
      {"--without-auth",
       {},
       {"INFLUXDB3_START_WITHOUT_AUTH", "INFLUXDB3_WITHOUT_AUTH"},
       "",
       "Serve without tokens; until tokens exist, a server without this flag serves on loopback "
       "only",
       "false",
       Switch(&ServeOptions::without_auth)},
      {"--wal-flush-interval",
       {},
       {"INFLUXDB3_WAL_FLUSH_INTERVAL"},
       "DURATION",
       "Longest time that a trigger with few rows waits between two runs; writes never wait for "
       "it, they are fsynced at once",
       "1s",
       Duration(&ServeOptions::wal_flush_interval)},
      {"--log-filter",
       {},
       {"INFLUXDB3_LOG_FILTER"},
       "FILTER",
       "Log level, and levels of modules: info,wal=debug",
       "info",
       Text(&ServeOptions::log_filter)},
      {"--max-http-request-size",
       {},
       {"INFLUXDB3_MAX_HTTP_REQUEST_SIZE"},
       "BYTES",
       "Largest request body, also after gunzip",
       "10485760",
       Count(&ServeOptions::body_bytes_max, kBodyBytesMax)},
      {"--query-concurrency",
       {},
       {"INFLUXDB3_QUERY_CONCURRENCY"},
       "N",
       "Queries at work at once",
       "as many as cores, at least 2",
       Count(&ServeOptions::query_concurrency, kThreadsMax)},
      {"--query-queue",
       {},
       {"INFLUXDB3_QUERY_QUEUE"},
       "N",
       "Queries that may wait; more are refused with 503",
       "256",
       Count(&ServeOptions::query_queue, kQueriesMax)},
      {"--query-time-limit",
       {},
       {"INFLUXDB3_QUERY_TIME_LIMIT"},
       "DURATION",
       "Longest a query over HTTP may take",
       "5m",
       Duration(&ServeOptions::query_time_limit)},
      {"--num-io-threads",
       {},
       {"INFLUXDB3_NUM_IO_THREADS"},
       "N",
       "Threads for connections",
       "a quarter of the cores, at least 2",
       Count(&ServeOptions::http_threads, kThreadsMax)},
      {"--disk-reserve",
       {},
       {"INFLUXDB3_DISK_RESERVE"},
       "BYTES",
       "Ballast on the disk, given up first when it is full, so that flush and delete can work",
       "67108864",
       Count(&ServeOptions::disk_reserve_bytes, kDiskReserveBytesMax)},
      {"--num-database-limit",
       {},
       {"INFLUXDB3_NUM_DATABASE_LIMIT"},
       "N",
       "Most databases; more are refused with 422",
       "10000",
       Limit(&model::Limits::databases_max)},
      {"--num-table-limit",
       {},
       {"INFLUXDB3_NUM_TABLE_LIMIT"},
       "N",
       "Most tables of all databases together; more are refused with 422",
       "100000",
       Limit(&model::Limits::tables_max)},
      {"--num-total-columns-per-table-limit",
       {},
       {"INFLUXDB3_NUM_TOTAL_COLUMNS_PER_TABLE_LIMIT"},
       "N",
       "Most columns of a table, time not counted; more are refused with 422",
       "10000",
       Limit(&model::Limits::columns_per_table_max)},
      {"--trigger-batch-rows",
       {},
       {"INFLUXDB3_TRIGGER_BATCH_ROWS"},
       "ROWS",
       "Most rows handed to one run, in whole writes",
       "20000",
       Count(&ServeOptions::trigger_batch_rows, kRowsMax)},
      {"--trigger-time-limit",
       {},
       {"INFLUXDB3_TRIGGER_TIME_LIMIT"},
       "DURATION",
       "Longest a plugin run may take",
       "60s",
       Duration(&ServeOptions::trigger_time_limit)},
      {"--shutdown-timeout",
       {},
       {"INFLUXDB3_SHUTDOWN_TIMEOUT"},
       "DURATION",
       "How long a stop waits for requests under way",
       "5s",
       Duration(&ServeOptions::shutdown_timeout)},
  };
  return kFlags;
}

}  // namespace tidemill::app
