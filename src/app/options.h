// The flags of `tidemill serve`, their environment variables and defaults: one table, one struct.
//
// Precedence: flag, then environment, then default (server.md 6.1). Nothing else reads the
// environment. The table is serve_flags.cc, the reading of a command line options.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/limits.h"

namespace tidemill::app {

struct ServeOptions {
  std::string node_id;        // empty: quick start, named after the host
  bool memory_store = false;  // --object-store memory
  std::string data_dir = "~/.influxdb";
  std::string plugin_dir;   // empty: the engine is off
  std::string virtual_env;  // --virtual-env-location; empty: <plugin-dir>/.venv or venv, if there
  std::string http_bind = "0.0.0.0:8181";
  bool without_auth = false;
  std::chrono::nanoseconds wal_flush_interval = std::chrono::seconds(1);
  std::string log_filter = "info";
  std::size_t body_bytes_max = 10'485'760;  // --max-http-request-size
  std::size_t query_concurrency = 0;        // 0: as many as cores, at least 2
  std::size_t query_queue = 256;
  std::chrono::nanoseconds query_time_limit = std::chrono::minutes(5);
  std::size_t http_threads = 0;  // --num-io-threads; 0: a quarter of the cores, at least 2
  std::size_t disk_reserve_bytes = 64 << 20;  // --disk-reserve
  model::Limits limits;                       // --num-database-limit, --num-table-limit, …
  std::size_t trigger_batch_rows = 20'000;
  std::chrono::nanoseconds trigger_time_limit = std::chrono::seconds(60);
  std::chrono::nanoseconds shutdown_timeout = std::chrono::seconds(5);

  bool operator==(const ServeOptions&) const = default;
};

// One row of the table: what `--help` shows and docs/cli.md lists.
struct ServeFlag {
  std::string name;  // "--node-id"
  std::vector<std::string> aliases;
  std::vector<std::string> environment;  // first one set wins
  std::string placeholder;               // "" for a switch
  std::string help;
  std::string default_text;  // a value that may be given, or in words when it is computed
  std::function<Status(ServeOptions&, const std::string& value)> set;
};
const std::vector<ServeFlag>& ServeFlags();

// A flag of InfluxDB 3 Core's `serve` that this server does not offer: to be named as such rather
// than be taken for a slip of the pen.
bool IsServeFlagElsewhere(std::string_view name);

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// `arguments` without the program and the command. nullopt: help was asked for (and is in `help`).
// Error: kInvalid "unknown flag '--dta-dir', did you mean '--data-dir'?".
Result<std::optional<ServeOptions>> ParseServeOptions(const std::vector<std::string>& arguments,
                                                      const Environment& environment,
                                                      std::string& help);

}  // namespace tidemill::app
