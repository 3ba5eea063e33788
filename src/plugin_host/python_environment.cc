#include "plugin_host/python_environment.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/status_macros.h"
#include "base/strings.h"

extern char** environ;

namespace tidemill::plugin_host {
namespace {

namespace fs = std::filesystem;

constexpr int kMajorMin = 3;
constexpr int kMinorMin = 11;
constexpr int kProbeMilliseconds = 10'000;

bool IsExecutableFile(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

// Changes whenever the file is replaced or written; "-" when it is not there.
std::string StampOf(const std::string& path) {
  struct stat facts {};
  if (path.empty() || ::stat(path.c_str(), &facts) != 0) return path + ":-;";
  return fmt::format("{}:{}.{}.{}.{};", path, facts.st_dev, facts.st_ino, facts.st_mtim.tv_sec,
                     facts.st_mtim.tv_nsec);
}

std::string ReadUntilEnd(int fd) {
  std::string out;
  char buffer[256];
  pollfd waiting{fd, POLLIN, 0};
  while (out.size() < 4096 && ::poll(&waiting, 1, kProbeMilliseconds) > 0) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) break;
    out.append(buffer, static_cast<std::size_t>(count));
  }
  return out;
}

// Asks the interpreter itself; "3.11" of a path means nothing.
Status CheckVersion(const std::string& python, const std::vector<std::string>& environment) {
  ChildProcess::Spec spec;
  spec.arguments = {python, "-I", "-c",
                    "import sys; print('version', *sys.version_info[:3], flush=True)"};
  spec.environment = environment;
  TRY_ASSIGN(const ChildProcess child, ChildProcess::Spawn(spec));
  const std::string printed = ReadUntilEnd(child.output_fd());
  int major = 0;
  int minor = 0;
  int micro = 0;
  if (std::sscanf(printed.c_str(), "version %d %d %d", &major, &minor, &micro) != 3)
    return UnavailableError(fmt::format("{} is no working Python: it printed '{}'", python,
                                        Trim(CutUtf8(printed, 200))));
  if (std::pair(major, minor) < std::pair(kMajorMin, kMinorMin))
    return UnavailableError(fmt::format("{} is Python {}.{}.{}, plugins need {}.{} or later",
                                        python, major, minor, micro, kMajorMin, kMinorMin));
  return Ok();
}

// Workers must find it from any directory; and the parent of <path>/.venv must be <path> itself.
void MakeAbsolute(std::string& path) {
  if (path.empty()) return;
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error).lexically_normal();
  if (!error) path = (absolute.has_filename() ? absolute : absolute.parent_path()).string();
}

std::string NameOf(std::string_view variable) {
  return std::string(variable.substr(0, variable.find('=')));
}

}  // namespace

PythonEnvironment::PythonEnvironment(Options options)
    : options_([&] {
        MakeAbsolute(options.plugin_dir);
        MakeAbsolute(options.virtual_env);
        MakeAbsolute(options.worker_package_dir);
        return std::move(options);
      }()) {}

Result<std::shared_ptr<const ChildProcess::Spec>> PythonEnvironment::Launch() {
  TRY(CheckDirectories());
  TRY_ASSIGN(const Found found, FindPython());
  const std::string stamp =
      StampOf(found.python) + StampOf(found.virtual_env + "/pyvenv.cfg") + found.virtual_env;
  {
    MutexLock lock(mutex_);
    if (answer_ && answer_->stamp == stamp) return answer_->launch;
  }
  auto spec = std::make_shared<ChildProcess::Spec>();
  spec->environment = WorkerEnvironment(found);
  spec->arguments = {found.python, "-P",  // no directory of the server's on sys.path
                     "-X", "faulthandler",
                     options_.worker_package_dir + "/tidemill_worker/__main__.py"};
  Result<std::shared_ptr<const ChildProcess::Spec>> launch =
      std::shared_ptr<const ChildProcess::Spec>(spec);
  if (Status version = CheckVersion(found.python, spec->environment); !version.ok())
    launch = std::move(version).error();
  MutexLock lock(mutex_);
  answer_ = Answer{stamp, launch};
  return launch;
}

Status PythonEnvironment::CheckDirectories() const {
  std::error_code error;
  if (options_.plugin_dir.empty())
    return UnavailableError(
        "Node not configured with plugin directory: start the server with --plugin-dir");
  if (!fs::is_directory(options_.plugin_dir, error))
    return UnavailableError(fmt::format(
        "the plugin directory {} {}", options_.plugin_dir,
        fs::exists(options_.plugin_dir, error) ? "is not a directory" : "does not exist"));
  if (::access(options_.plugin_dir.c_str(), R_OK | X_OK) != 0)
    return UnavailableError(fmt::format("the plugin directory {} cannot be read: {}",
                                        options_.plugin_dir, std::strerror(errno)));
  for (const char* file : {"__main__.py", "_native.abi3.so"}) {
    const std::string path = options_.worker_package_dir + "/tidemill_worker/" + file;
    if (!fs::is_regular_file(path, error))
      return UnavailableError(
          fmt::format("the worker package is not installed: {} is missing", path));
  }
  return Ok();
}

Result<PythonEnvironment::Found> PythonEnvironment::FindPython() const {
  Found found;
  const std::string default_venv = options_.plugin_dir + "/.venv";
  found.virtual_env = options_.virtual_env.empty() ? default_venv : options_.virtual_env;
  if (!options_.python.empty()) {
    if (!IsExecutableFile(options_.python))
      return UnavailableError(fmt::format("no Python at {}", options_.python));
    found.python = options_.python;
    return found;
  }
  std::vector<std::string> venvs = {found.virtual_env};
  if (options_.virtual_env.empty()) {
    venvs.push_back(options_.plugin_dir + "/venv");
    venvs.push_back(VariableOf("VIRTUAL_ENV"));
  }
  for (const std::string& venv : venvs) {
    if (venv.empty() || !IsExecutableFile(venv + "/bin/python3")) continue;
    return Found{venv + "/bin/python3", venv};
  }
  std::vector<std::string> places = {"/usr/bin/python3"};
  const std::string path = VariableOf("PATH");
  for (const std::string_view directory : Split(path, ':'))
    if (!directory.empty()) places.push_back(std::string(directory) + "/python3");
  const auto there = std::find_if(places.begin(), places.end(), IsExecutableFile);
  if (there == places.end())
    return UnavailableError(fmt::format(
        "no python3 was found in {}/bin, /usr/bin or on the PATH; plugins need Python {}.{} or "
        "later",
        found.virtual_env, kMajorMin, kMinorMin));
  found.python = *there;
  return found;
}

std::string PythonEnvironment::VariableOf(std::string_view name) const {
  for (const std::string& variable : options_.environment)
    if (NameOf(variable) == name) return variable.substr(name.size() + 1);
  return "";
}

std::vector<std::string> PythonEnvironment::WorkerEnvironment(const Found& found) const {
  std::vector<std::pair<std::string, std::string>> set = {
      // Naive times of plugins mean UTC.
      {"TZ", "UTC"},
      {"PLUGIN_DIR", options_.plugin_dir},
      {"INFLUXDB3_PLUGIN_DIR", options_.plugin_dir},
      // Plugins take the parent of this for the plugin directory, whether it is there or not.
      {"VIRTUAL_ENV", found.virtual_env},
  };
  // Numeric libraries start a thread per core otherwise, in every worker.
  for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"})
    if (VariableOf(name).empty()) set.emplace_back(name, "1");

  std::vector<std::string> out;
  for (const std::string& variable : options_.environment) {
    const std::string name = NameOf(variable);
    const auto is_name = [&](const auto& item) { return item.first == name; };
    if (std::find(options_.withheld_names.begin(), options_.withheld_names.end(), name) !=
        options_.withheld_names.end())
      continue;
    // A PYTHONHOME of the server's surroundings would break another interpreter.
    if (name == "PYTHONHOME" || std::any_of(set.begin(), set.end(), is_name)) continue;
    out.push_back(variable);
  }
  for (const auto& [name, value] : set) out.push_back(name + "=" + value);
  return out;
}

std::vector<std::string> ProcessEnvironment() {
  std::vector<std::string> out;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    out.emplace_back(*variable);
  return out;
}

}  // namespace tidemill::plugin_host
