// Which Python runs the plugins, and with what environment.
//
// The first of: the interpreter that was asked for; the virtual environment that was asked for, or
// <plugin-dir>/.venv, or <plugin-dir>/venv, or $VIRTUAL_ENV; /usr/bin/python3; python3 on the PATH.
// It must be 3.11 or later. Nothing is created or installed here.
//
// Thread-safe. The answer is kept while the files it rests on are unchanged, so that asking costs a
// few stat calls, and a repaired environment is noticed at the next one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "plugin_host/process.h"

namespace tidemill::plugin_host {

class PythonEnvironment {
 public:
  struct Options {
    std::string plugin_dir;          // --plugin-dir; empty: plugins are off
    std::string virtual_env;         // --virtual-env-location; empty: looked for
    std::string python;              // empty: looked for
    std::string worker_package_dir;  // the directory that holds tidemill_worker/
    // The server's own environment, "NAME=value"; and the names in it that are the server's
    // secrets, which plugins are not given.
    std::vector<std::string> environment;
    std::vector<std::string> withheld_names;
  };
  explicit PythonEnvironment(Options options);

  // How to start a worker for a trigger. Error: kUnavailable, one sentence that says what is
  // missing.
  Result<std::shared_ptr<const ChildProcess::Spec>> Launch() EXCLUDES_LOCK(mutex_);

 private:
  struct Found {
    std::string python;
    std::string virtual_env;  // where it is or would be
  };
  struct Answer {
    std::string stamp;  // of everything it rests on
    Result<std::shared_ptr<const ChildProcess::Spec>> launch;
  };
  Status CheckDirectories() const;
  Result<Found> FindPython() const;
  std::string VariableOf(std::string_view name) const;
  std::vector<std::string> WorkerEnvironment(const Found& found) const;

  const Options options_;
  Mutex mutex_;
  std::optional<Answer> answer_ GUARDED_BY(mutex_);
};

// The environment of this process, for PythonEnvironment::Options (called by app/ alone).
std::vector<std::string> ProcessEnvironment();

}  // namespace tidemill::plugin_host
