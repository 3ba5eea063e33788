#include "base/path_guard.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "base/status_macros.h"
#include "base/strings.h"

namespace tidemill {
namespace {

Error Traversal(std::string_view relative) {
  return InvalidError(
      fmt::format("Path traversal detected: plugin filename '{}' attempts to access files outside "
                  "the plugin directory",
                  relative));
}

// The path without symlinks, "." and ".."; everything in it must exist.
Result<std::string> RealPath(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  if (real != nullptr) return std::string(real.get());
  const int error = errno;
  const std::string message = fmt::format("resolve '{}': {}", path, std::strerror(error));
  if (error == ENOENT || error == ENOTDIR) return NotFoundError(message);
  return IoError(message);
}

bool IsInside(std::string_view path, std::string_view root) {
  if (root == "/") return true;
  return path == root || (path.starts_with(root) && path[root.size()] == '/');
}

// The names in `relative` from left to right, or an error for those that may not be there.
Result<std::vector<std::string_view>> Components(std::string_view relative) {
  if (relative.starts_with('/') || relative.find('\0') != std::string_view::npos)
    return Traversal(relative);
  std::vector<std::string_view> components;
  for (const std::string_view component : Split(relative, '/')) {
    if (component == "..") return Traversal(relative);
    if (!component.empty() && component != ".") components.push_back(component);
  }
  if (components.empty())
    return InvalidError(fmt::format("path '{}': expected the name of a file", relative));
  return components;
}

}  // namespace

Result<std::string> ResolveInside(const std::string& root, std::string_view relative) {
  TRY_ASSIGN(const std::vector<std::string_view> components, Components(relative));
  TRY_ASSIGN(const std::string real_root, RealPath(root));

  std::string path = real_root;
  bool exists = true;
  for (const std::string_view component : components) {
    if (path.back() != '/') path += '/';
    path += component;
    struct stat info {};
    exists = exists && ::lstat(path.c_str(), &info) == 0;
    if (!exists || !S_ISLNK(info.st_mode)) continue;
    // A symlink to nowhere is refused too: what is written through it would land there.
    const Result<std::string> target = RealPath(path);
    if (!target.ok() || !IsInside(*target, real_root)) return Traversal(relative);
    path = *target;
  }
  return path;
}

}  // namespace tidemill
