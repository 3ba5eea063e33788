#include "plugin_host/plugin_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/path_guard.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace tidemill::plugin_host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNamesLookedAtMax = 1000;

bool IsPlugin(const fs::directory_entry& entry) {
  std::error_code ignored;
  const std::string name = entry.path().filename().string();
  if (name.starts_with('.') || name == "__pycache__") return false;
  if (entry.is_directory(ignored)) return fs::exists(entry.path() / "__init__.py", ignored);
  return entry.path().extension() == ".py";
}

// The plugins beside the place where one was looked for, named as a trigger would name them.
std::vector<std::string> NamesNear(const fs::path& plugin_dir, const fs::path& relative) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entries((plugin_dir / relative).parent_path(), error);
  for (std::size_t seen = 0; !error && entries != fs::directory_iterator(); ++seen) {
    if (seen == kNamesLookedAtMax) break;
    if (IsPlugin(*entries))
      names.push_back((relative.parent_path() / entries->path().filename()).string());
    entries.increment(error);
  }
  return names;
}

Error NotThere(const std::string& plugin_dir, const std::string& name) {
  const auto nearest = NearestName(name, NamesNear(plugin_dir, name));
  return NotFoundError(
      fmt::format("Plugin not found: {} (a path relative to the plugin directory {} is expected{})",
                  (fs::path(plugin_dir) / name).string(), plugin_dir,
                  nearest ? fmt::format("; did you mean '{}'?", *nearest) : ""));
}

}  // namespace

Status PluginFiles::Check(std::string_view plugin_filename) {
  TRY(Find(plugin_filename));
  return Ok();
}

Result<PluginCode> PluginFiles::Find(std::string_view plugin_filename) const {
  if (plugin_dir_.empty())
    return UnavailableError(
        "Node not configured with plugin directory: start the server with --plugin-dir");
  if (plugin_filename.starts_with("gh:"))
    return Error{ErrorCode::kUnsupported,
                 fmt::format("plugin '{}': plugins are not fetched from repositories yet; put the "
                             "file into {} and name it by its relative path",
                             plugin_filename, plugin_dir_)};
  if (::access(plugin_dir_.c_str(), R_OK | X_OK) != 0)
    return UnavailableError(fmt::format("the plugin directory {} cannot be read: {}", plugin_dir_,
                                        std::strerror(errno)));
  std::string name(plugin_filename);
  while (name.ends_with('/') && name.size() > 1) name.pop_back();
  if (name.empty() || name.find('\0') != std::string::npos)
    return InvalidError(fmt::format(
        "plugin filename '{}': a file or directory relative to the plugin directory {} is expected",
        plugin_filename.substr(0, plugin_filename.find('\0')), plugin_dir_));
  TRY_ASSIGN(std::string path, ResolveInside(plugin_dir_, name));

  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return NotThere(plugin_dir_, name);
  if (fs::is_regular_file(status)) return PluginCode{std::move(path), false};
  if (!fs::is_directory(status))
    return InvalidError(
        fmt::format("plugin '{}': {} is neither a file nor a directory", plugin_filename, path));
  if (!fs::is_regular_file(fs::path(path) / "__init__.py", error))
    return InvalidError(fmt::format("Multi-file plugin directory must contain __init__.py: {}",
                                    (fs::path(path) / "__init__.py").string()));
  return PluginCode{std::move(path), true};
}

}  // namespace tidemill::plugin_host
