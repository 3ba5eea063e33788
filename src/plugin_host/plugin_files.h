// Finds plugin code by the name in a trigger: a file, or a directory with __init__.py, inside the
// plugin directory. What cannot be found or must not be read is an error that says what would be
// right.
//
// Thread-safe: it looks at the disk each time and keeps nothing.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/ports.h"

namespace tidemill::plugin_host {

// Where the code of a plugin lies.
struct PluginCode {
  std::string path;         // absolute
  bool is_package = false;  // a directory with __init__.py
};

class PluginFiles final : public engine::PluginFiles {
 public:
  // Empty: none was given, and every name is refused with that reason.
  explicit PluginFiles(std::string plugin_dir) : plugin_dir_(std::move(plugin_dir)) {}

  Status Check(std::string_view plugin_filename) override;
  // Errors: kInvalid (a name that leaves the directory, a package without __init__.py),
  // kNotFound (with the nearest name there is), kUnsupported (gh:), kUnavailable (no plugin
  // directory).
  Result<PluginCode> Find(std::string_view plugin_filename) const;

 private:
  const std::string plugin_dir_;
};

}  // namespace tidemill::plugin_host
