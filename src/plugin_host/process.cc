#include "plugin_host/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/status_macros.h"

namespace tidemill::plugin_host {
namespace {

// Copies that are given to the child are numbered from here on, so that dup2 to 0..3 cannot hit
// one of them.
constexpr int kSpareFdMin = 10;

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// An own group to be killed as a whole, and no signal mask or handler of the server's.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

Error SpawnError(const std::string& program, int error) {
  return IoError(fmt::format("cannot start {}: {}", program, std::strerror(error)));
}

FileDescriptor SpareCopy(int fd) {
  return FileDescriptor(::fcntl(fd, F_DUPFD_CLOEXEC, kSpareFdMin));
}

}  // namespace

Result<ChildProcess> ChildProcess::Spawn(const Spec& spec) {
  const std::string& program = spec.arguments.front();
  int pipe_ends[2];
  if (::pipe2(pipe_ends, O_CLOEXEC) != 0) return SpawnError(program, errno);
  ChildProcess child;
  child.output_ = FileDescriptor(pipe_ends[0]);
  const FileDescriptor pipe_write(pipe_ends[1]);
  ::fcntl(child.output_.get(), F_SETFL, O_NONBLOCK);

  const FileDescriptor output = SpareCopy(pipe_write.get());
  const FileDescriptor control =
      spec.control_fd < 0 ? FileDescriptor() : SpareCopy(spec.control_fd);
  if (!output.valid() || (spec.control_fd >= 0 && !control.valid()))
    return SpawnError(program, errno);

  FileActions actions;
  posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(actions.get(), output.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), output.get(), STDERR_FILENO);
  if (control.valid()) posix_spawn_file_actions_adddup2(actions.get(), control.get(), kControlFd);
  // Whatever some library opened without close-on-exec is not for plugins.
  posix_spawn_file_actions_addclosefrom_np(actions.get(),
                                           control.valid() ? kControlFd + 1 : kControlFd);
  const SpawnAttributes attributes;
  const std::vector<char*> arguments = Pointers(spec.arguments);
  const std::vector<char*> environment = Pointers(spec.environment);
  const int error = ::posix_spawn(&child.pid_, program.c_str(), actions.get(), attributes.get(),
                                  arguments.data(), environment.data());
  if (error != 0) {
    child.pid_ = -1;
    return SpawnError(program, error);
  }
  child.exit_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
  if (!child.exit_.valid()) return SpawnError(program, errno);
  return child;
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    std::swap(pid_, other.pid_);
    std::swap(exit_, other.exit_);
    std::swap(output_, other.output_);
  }
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  Kill();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void ChildProcess::Kill() {
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

std::optional<int> ChildProcess::TryReap() {
  if (pid_ < 0) return std::nullopt;
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid != pid_)
    return std::nullopt;
  // Before reaping: until then no other group can have this number.
  Kill();
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

std::string PrintWaitStatus(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("was killed by signal {} ({})", WTERMSIG(status),
                       ::strsignal(WTERMSIG(status)));
  return fmt::format("exited with code {}", WEXITSTATUS(status));
}

}  // namespace tidemill::plugin_host
