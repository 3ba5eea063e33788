#include "app/serve.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <thread>

#include "app/directories.h"
#include "app/node.h"
#include "app/options.h"
#include "app/program.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "cli/dotenv.h"

namespace tidemill::app {
namespace {

// What would make the data directory impossible, named before anything is made.
Status CheckDirectory(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (fs::path at = path; !at.empty(); at = at.parent_path()) {
    const auto status = fs::status(at, error);
    if (fs::is_directory(status)) return Ok();
    if (fs::exists(status)) {
      return ConflictError("data directory '" + path + "': '" + at.string() +
                           "' is not a directory; choose another --data-dir");
    }
    if (at == at.parent_path()) break;
  }
  return Ok();
}

Status PlaceDirectories(ServeOptions& options, const Environment& environment) {
  if (!options.memory_store) {
    TRY_ASSIGN(options.data_dir, AbsolutePath(options.data_dir, environment));
    TRY(CheckDirectory(options.data_dir + "/" + options.node_id));
  }
  if (!options.plugin_dir.empty()) {
    TRY_ASSIGN(options.plugin_dir, AbsolutePath(options.plugin_dir, environment));
  }
  if (!options.virtual_env.empty()) {
    TRY_ASSIGN(options.virtual_env, AbsolutePath(options.virtual_env, environment));
  }
  return Ok();
}

bool IsLoopback(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("localhost:") ||
         address.starts_with("[::1]:");
}

// Tokens do not exist yet, so nobody but this machine may reach a server that was not told to be
// open.
void RestrictToLoopback(ServeOptions& options) {
  if (options.without_auth) return;
  const std::string asked = options.http_bind;
  if (!IsLoopback(asked)) options.http_bind = "127.0.0.1" + asked.substr(asked.rfind(':'));
  std::fprintf(stderr,
               "tokens are not there yet: serving without authentication, to this machine only%s\n",
               asked == options.http_bind ? ""
                                          : (" (" + options.http_bind + ", not " + asked +
                                             "); --without-auth serves to every machine")
                                                .c_str());
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

// A signal while the server stops ends it at once: all that was acknowledged is in the log. The
// same signal twice in a moment is one wish: `timeout` sends it to the process and to its group.
void EndAtOnce(const sigset_t& signals, const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kSameWish(500);
  const timespec pause{0, 100'000'000};
  const auto begin = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    const bool is_signalled = sigtimedwait(&signals, nullptr, &pause) > 0;
    if (is_signalled && std::chrono::steady_clock::now() - begin > kSameWish) _exit(130);
  }
}

// Has a signal come, without waiting for one?
bool IsSignalled(const sigset_t& signals) {
  const timespec now{0, 0};
  return sigtimedwait(&signals, nullptr, &now) > 0;
}

int WrongUsage(const Error& error) {
  std::fprintf(stderr, "tidemill serve: %s\n", error.message.c_str());
  return 2;
}

int Failed(const Error& error) {
  std::fprintf(stderr, "Serve command failed: %s\n", error.message.c_str());
  return 1;
}

}  // namespace

int Serve(const std::vector<std::string>& arguments) {
  const Environment environment = cli::MakeEnvironment();
  std::string help;
  auto parsed = ParseServeOptions(arguments, environment, help);
  if (!parsed.ok()) return WrongUsage(parsed.error());
  if (!*parsed) {
    std::fputs(help.c_str(), stdout);
    return 0;
  }
  ServeOptions options = std::move(**parsed);
  if (auto filter = SetLogFilter(options.log_filter); !filter.ok())
    return WrongUsage(std::move(filter).error().Within("--log-filter"));
  NameNode(options);
  if (auto placed = PlaceDirectories(options, environment); !placed.ok())
    return Failed(placed.error());
  RestrictToLoopback(options);

  // Blocked before any thread exists, so that all of them leave the signals to the wait below.
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  auto node = Node::Start(options, [&signals] { return IsSignalled(signals); });
  if (!node.ok() && node.error().code == ErrorCode::kCancelled) {
    Log(LogLevel::kInfo, "app", "{}", node.error().message);
    return 0;
  }
  if (!node.ok()) return Failed(node.error());
  AnnounceStart(options, **node);

  int signal_number = 0;
  sigwait(&signals, &signal_number);
  Log(LogLevel::kInfo, "app", "{} received, stopping; once more to stop at once",
      signal_number == SIGINT ? "SIGINT" : "SIGTERM");
  const std::jthread impatient([&signals](std::stop_token stop) { EndAtOnce(signals, stop); });
  (*node)->Stop();
  Log(LogLevel::kInfo, "app", "stopped");
  return 0;
}

}  // namespace tidemill::app
