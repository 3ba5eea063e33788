#include "app/serve.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "app/node.h"
#include "app/options.h"
#include "app/program.h"
#include "base/log.h"

namespace tidemill::app {
namespace {

std::optional<std::string> FromEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

// Quick start (server.md 6.1): no node id is given, so it is named after the host.
void NameNode(ServeOptions& options) {
  if (!options.node_id.empty()) return;
  char host[256] = "";
  if (::gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
    std::snprintf(host, sizeof host, "primary");
  for (char& c : host) {
    if (c == '\0') break;
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.')
      c = '-';
  }
  options.node_id = std::string(host) + "-node";
  std::fprintf(stderr, "no --node-id given: quick start as node '%s'\n", options.node_id.c_str());
}

std::string AbsolutePath(const std::string& path) {
  std::string full = path;
  if (full == "~" || full.starts_with("~/"))
    full = FromEnvironment("HOME").value_or("/root") + full.substr(1);
  return std::filesystem::absolute(full).lexically_normal().string();
}

void PlaceDirectories(ServeOptions& options) {
  if (!options.memory_store)
    options.data_dir = AbsolutePath(options.data_dir.empty() ? "~/.influxdb" : options.data_dir);
  while (options.data_dir.size() > 1 && options.data_dir.ends_with('/'))
    options.data_dir.pop_back();
  if (!options.plugin_dir.empty()) options.plugin_dir = AbsolutePath(options.plugin_dir);
}

// Tokens do not exist yet, so nobody but this machine may reach a server that was not told to be
// open.
void RestrictToLoopback(ServeOptions& options) {
  if (options.without_auth) return;
  const std::size_t colon = options.http_bind.rfind(':');
  const std::string port = colon == std::string::npos ? ":8181" : options.http_bind.substr(colon);
  options.http_bind = "127.0.0.1" + port;
  std::fprintf(stderr,
               "tokens are not there yet: serving without authentication on loopback only (%s); "
               "--without-auth serves on --http-bind\n",
               options.http_bind.c_str());
}

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

void AnnounceStart(const ServeOptions& options, const Node& node) {
  const std::string data = options.memory_store ? "in memory (nothing is kept)"
                                                : options.data_dir + "/" + options.node_id;
  const std::string plugins = options.plugin_dir.empty()
                                  ? "none (processing engine off: give --plugin-dir)"
                                  : options.plugin_dir;
  std::printf("tidemill %s serving on http://%s, data directory %s, plugin directory %s\n",
              std::string(Version()).c_str(), node.address().c_str(), data.c_str(),
              plugins.c_str());
  std::fflush(stdout);
  const std::string unavailable = node.engine_unavailable();
  if (!unavailable.empty() && !options.plugin_dir.empty()) {
    Log(LogLevel::kWarn, "engine", "plugins cannot run, data is served: {}", unavailable);
  }
}

}  // namespace

int Serve(const std::vector<std::string>& arguments) {
  std::string help;
  auto parsed = ParseServeOptions(arguments, FromEnvironment, help);
  if (!parsed.ok()) {
    std::fprintf(stderr, "error: %s\n", parsed.error().message.c_str());
    return 2;
  }
  if (!*parsed) {
    std::fputs(help.c_str(), stdout);
    return 0;
  }
  ServeOptions options = std::move(**parsed);
  if (auto filter = SetLogFilter(options.log_filter); !filter.ok()) {
    std::fprintf(stderr, "error: flag --log-filter: %s\n", filter.error().message.c_str());
    return 2;
  }
  NameNode(options);
  PlaceDirectories(options);
  RestrictToLoopback(options);

  // Blocked before any thread exists, so that all of them leave the signals to the wait below.
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  auto node = Node::Start(options);
  if (!node.ok()) {
    std::fprintf(stderr, "Serve command failed: %s\n", node.error().message.c_str());
    return 1;
  }
  AnnounceStart(options, **node);

  int signal_number = 0;
  sigwait(&signals, &signal_number);
  Log(LogLevel::kInfo, "app", "{} received, stopping; once more to stop at once",
      signal_number == SIGINT ? "SIGINT" : "SIGTERM");
  std::jthread impatient([&signals](std::stop_token stop) {
    const timespec pause{0, 200'000'000};
    while (!stop.stop_requested()) {
      if (sigtimedwait(&signals, nullptr, &pause) > 0)
        _exit(130);  // all that was acknowledged is in the log
    }
  });
  (*node)->Stop();
  Log(LogLevel::kInfo, "app", "stopped");
  return 0;
}

}  // namespace tidemill::app
