// A child process in a process group of its own: started, watched, killed, reaped.
//
// Started with posix_spawn, since a server with threads must not plainly fork. It inherits three
// things: the control socket (descriptor 3), and one pipe for both its outputs. Dropping the
// object kills the whole group and reaps the child.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace tidemill::plugin_host {

inline constexpr int kControlFd = 3;  // in the child

class ChildProcess {
 public:
  struct Spec {
    std::vector<std::string> arguments;    // arguments[0] is the program's path
    std::vector<std::string> environment;  // "NAME=value"
    int control_fd = -1;                   // becomes kControlFd; -1: none
  };
  static Result<ChildProcess> Spawn(const Spec& spec);

  ChildProcess() = default;
  ChildProcess(ChildProcess&& other) noexcept { *this = std::move(other); }
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  int exit_fd() const { return exit_.get(); }      // readable when the child has ended (pidfd)
  int output_fd() const { return output_.get(); }  // what it prints; never blocks
  // SIGKILL to the child and whatever it has started and left in its group.
  void Kill();
  // The wait status once it has ended. Afterwards there is nothing left to kill or reap.
  std::optional<int> TryReap();

 private:
  pid_t pid_ = -1;  // -1: none, or reaped
  FileDescriptor exit_;
  FileDescriptor output_;
};

// "exited with code 3", "was killed by signal 11 (Segmentation fault)".
std::string PrintWaitStatus(int status);

}  // namespace tidemill::plugin_host
