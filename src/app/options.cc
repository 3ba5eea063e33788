#include "app/options.h"

#include <charconv>

#include "base/duration.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace tidemill::app {
namespace {

using Setter = std::function<Status(ServeOptions&, const std::string&)>;

Setter Text(std::string ServeOptions::*member) {
  return [member](ServeOptions& options, const std::string& value) -> Status {
    if (value.empty()) return InvalidError("the value is empty");
    options.*member = value;
    return Ok();
  };
}

Setter Count(std::size_t ServeOptions::*member) {
  return [member](ServeOptions& options, const std::string& value) -> Status {
    std::size_t number = 0;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (failed != std::errc() || end != value.data() + value.size() || number == 0) {
      return InvalidError("'" + value + "' is not a positive whole number");
    }
    options.*member = number;
    return Ok();
  };
}

Setter Duration(std::chrono::nanoseconds ServeOptions::*member) {
  return [member](ServeOptions& options, const std::string& value) -> Status {
    TRY_ASSIGN(options.*member, ParseDuration(value));
    if ((options.*member).count() <= 0)
      return InvalidError("duration '" + value + "' must be positive");
    return Ok();
  };
}

Setter Switch(bool ServeOptions::*member) {
  return [member](ServeOptions& options, const std::string& value) -> Status {
    const std::string text = ToLowerAscii(value);
    if (text.empty() || text == "true" || text == "1" || text == "yes" || text == "on") {
      options.*member = true;
    } else if (text == "false" || text == "0" || text == "no" || text == "off") {
      options.*member = false;
    } else {
      return InvalidError("'" + value + "': expected true or false");
    }
    return Ok();
  };
}

Status SetNodeId(ServeOptions& options, const std::string& value) {
  for (const char c : value) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.') {
      return InvalidError(
          "node id '" + value +
          "': only letters, digits, '-', '_' and '.' are possible, since it names a directory");
    }
  }
  if (value.empty() || value.front() == '.')
    return InvalidError("node id '" + value + "' is empty or begins with '.'");
  options.node_id = value;
  return Ok();
}

Status SetObjectStore(ServeOptions& options, const std::string& value) {
  if (value != "file" && value != "memory") {
    return InvalidError("object store '" + value + "': expected file or memory" +
                        (value == "s3" || value == "google" || value == "azure"
                             ? " (" + value + " is not there yet)"
                             : ""));
  }
  options.memory_store = value == "memory";
  return Ok();
}

std::string Help() {
  std::string text =
      "Run the server\n\nUsage: tidemill serve [OPTIONS]\n\nWith no --node-id this is the quick "
      "start: node id <hostname>-node,\n"
      "object store file, data directory ~/.influxdb.\n\nOptions:\n";
  for (const ServeFlag& flag : ServeFlags()) {
    text += "  " + flag.name + (flag.placeholder.empty() ? "" : " <" + flag.placeholder + ">") +
            "\n          " + flag.help;
    if (!flag.environment.empty()) text += " [env: " + flag.environment.front() + "]";
    text += "\n";
  }
  return text + "  -h, --help\n          Print this\n";
}

const ServeFlag* FindFlag(std::string_view name) {
  for (const ServeFlag& flag : ServeFlags()) {
    if (flag.name == name) return &flag;
    for (const std::string& alias : flag.aliases) {
      if (alias == name) return &flag;
    }
  }
  return nullptr;
}

Error UnknownFlag(const std::string& name) {
  std::vector<std::string> names;
  for (const ServeFlag& flag : ServeFlags()) names.push_back(flag.name);
  const auto nearest = NearestName(name, names);
  return InvalidError(
      "unknown flag '" + name + "'" +
      (nearest ? ", did you mean '" + *nearest + "'?" : ": see tidemill serve --help"));
}

}  // namespace

const std::vector<ServeFlag>& ServeFlags() {
  static const std::vector<ServeFlag> kFlags = {
      {"--node-id",
       {"--host-id"},
       {"INFLUXDB3_NODE_IDENTIFIER_PREFIX", "INFLUXDB3_NODE_ID"},
       "NODE_ID",
       "Name of this node; its data is below <data-dir>/<node-id>",
       SetNodeId},
      {"--object-store",
       {},
       {"INFLUXDB3_OBJECT_STORE"},
       "file|memory",
       "Where data is kept (default file; memory keeps nothing)",
       SetObjectStore},
      {"--data-dir",
       {},
       {"INFLUXDB3_DB_DIR", "INFLUXDB3_DATA_DIR"},
       "DIR",
       "Data directory of --object-store file (default ~/.influxdb)",
       Text(&ServeOptions::data_dir)},
      {"--plugin-dir",
       {},
       {"INFLUXDB3_PLUGIN_DIR"},
       "DIR",
       "Directory of Python plugins; without it the processing engine is off",
       Text(&ServeOptions::plugin_dir)},
      {"--virtual-env-location",
       {},
       {"VIRTUAL_ENV"},
       "DIR",
       "Python virtual environment of the plugins (default <plugin-dir>/.venv)",
       Text(&ServeOptions::virtual_env)},
      {"--http-bind",
       {},
       {"INFLUXDB3_HTTP_BIND_ADDR"},
       "HOST:PORT",
       "Address to serve on (default 0.0.0.0:8181; port 0 = any free one)",
       Text(&ServeOptions::http_bind)},
      {"--without-auth",
       {},
       {"INFLUXDB3_START_WITHOUT_AUTH", "INFLUXDB3_WITHOUT_AUTH"},
       "",
       "Serve without tokens. Until tokens exist, a server without this flag binds to loopback "
       "only",
       Switch(&ServeOptions::without_auth)},
      {"--wal-flush-interval",
       {},
       {"INFLUXDB3_WAL_FLUSH_INTERVAL"},
       "DURATION",
       "Longest time a trigger with few rows waits between two runs (default 1s). Writes never "
       "wait for it: they are "
       "fsynced at once",
       Duration(&ServeOptions::wal_flush_interval)},
      {"--log-filter",
       {},
       {"INFLUXDB3_LOG_FILTER"},
       "FILTER",
       "Log level, and levels of modules: info,wal=debug (default info)",
       Text(&ServeOptions::log_filter)},
      {"--max-http-request-size",
       {},
       {"INFLUXDB3_MAX_HTTP_REQUEST_SIZE"},
       "BYTES",
       "Largest request body, also after gunzip (default 10485760)",
       Count(&ServeOptions::body_bytes_max)},
      {"--query-concurrency",
       {},
       {"INFLUXDB3_QUERY_CONCURRENCY"},
       "N",
       "Queries at work at once (default: the number of cores, at least 2)",
       Count(&ServeOptions::query_concurrency)},
      {"--query-queue",
       {},
       {"INFLUXDB3_QUERY_QUEUE"},
       "N",
       "Queries that may wait; more get 503 (default 256)",
       Count(&ServeOptions::query_queue)},
      {"--query-time-limit",
       {},
       {"INFLUXDB3_QUERY_TIME_LIMIT"},
       "DURATION",
       "Longest a query over HTTP may take (default 5m)",
       Duration(&ServeOptions::query_time_limit)},
      {"--num-io-threads",
       {},
       {"INFLUXDB3_NUM_IO_THREADS"},
       "N",
       "Threads for connections (default: a quarter of the cores, at least 2)",
       Count(&ServeOptions::http_threads)},
      {"--trigger-batch-rows",
       {},
       {"INFLUXDB3_TRIGGER_BATCH_ROWS"},
       "ROWS",
       "Most rows handed to one run, in whole writes (default 20000)",
       Count(&ServeOptions::trigger_batch_rows)},
      {"--trigger-time-limit",
       {},
       {"INFLUXDB3_TRIGGER_TIME_LIMIT"},
       "DURATION",
       "Longest a plugin run may take (default 60s)",
       Duration(&ServeOptions::trigger_time_limit)},
      {"--shutdown-timeout",
       {},
       {"INFLUXDB3_SHUTDOWN_TIMEOUT"},
       "DURATION",
       "How long a stop waits for requests under way (default 5s)",
       Duration(&ServeOptions::shutdown_timeout)},
  };
  return kFlags;
}

Result<std::optional<ServeOptions>> ParseServeOptions(const std::vector<std::string>& arguments,
                                                      const Environment& environment,
                                                      std::string& help) {
  ServeOptions options;
  for (const ServeFlag& flag : ServeFlags()) {
    for (const std::string& variable : flag.environment) {
      const auto value = environment(variable);
      if (!value || value->empty()) continue;
      if (auto set = flag.set(options, *value); !set.ok())
        return std::move(set).error().Within("environment variable " + variable);
      break;
    }
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i];
    if (name == "-h" || name == "--help" || name == "--help-all") {
      help = Help();
      return std::optional<ServeOptions>();
    }
    std::optional<std::string> value;
    if (const std::size_t equals = name.find('=');
        name.starts_with("--") && equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const ServeFlag* flag = FindFlag(name);
    if (flag == nullptr) return UnknownFlag(name);
    if (!value && !flag->placeholder.empty()) {
      if (i + 1 == arguments.size())
        return InvalidError("flag '" + name + "' needs a value: " + name + " <" +
                            flag->placeholder + ">");
      value = arguments[++i];
    }
    if (auto set = flag->set(options, value.value_or("")); !set.ok())
      return std::move(set).error().Within("flag " + flag->name);
  }
  return std::optional<ServeOptions>(std::move(options));
}

}  // namespace tidemill::app
