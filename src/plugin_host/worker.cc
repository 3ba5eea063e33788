#include "plugin_host/worker.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <limits>
#include <utility>

#include "base/status_macros.h"

namespace tidemill::plugin_host {
namespace {

// One worker's share of a turn of the loop.
constexpr int kFramesPerTurn = 64;
constexpr std::size_t kOutputBytesPerTurn = 64 << 10;
// A dead worker's pipe can still be held and filled by a process that left its group.
constexpr std::size_t kOutputBytesAtEnd = 1 << 20;
// Enough for Python to print the stacks of all threads.
constexpr std::chrono::milliseconds kAbortGrace(200);

}  // namespace

Result<std::shared_ptr<Worker>> Worker::Start(EventLoop& loop, ChildProcess::Spec spec,
                                              std::string label, Listener& listener) {
  TRY_ASSIGN(Channel::Pair ends, Channel::Open());
  spec.control_fd = ends.worker_end.get();
  TRY_ASSIGN(ChildProcess process, ChildProcess::Spawn(spec));
  auto worker = std::make_shared<Worker>(loop, std::move(process), std::move(ends.server_end),
                                         std::move(label), listener);
  worker->WatchAll();
  return worker;
}

Worker::Worker(EventLoop& loop, ChildProcess process, FileDescriptor socket, std::string label,
               Listener& listener)
    : loop_(loop),
      process_(std::move(process)),
      channel_(std::in_place, std::move(socket)),
      output_(std::move(label)),
      listener_(listener) {}

Worker::~Worker() {
  DropSocket();
  loop_.Unwatch(exit_watch_);
  loop_.Unwatch(output_watch_);
  loop_.CancelTimer(kill_timer_);
}

void Worker::WatchAll() {
  socket_watch_ =
      loop_.Watch(channel_->fd(), EPOLLIN, [this](std::uint32_t events) { OnSocket(events); });
  exit_watch_ = loop_.Watch(process_.exit_fd(), EPOLLIN, [this](std::uint32_t) { OnExit(); });
  output_watch_ = loop_.Watch(process_.output_fd(), EPOLLIN,
                              [this](std::uint32_t) { ReadOutput(kOutputBytesPerTurn); });
}

void Worker::Send(Frame frame) {
  // A failed send means that the other end is gone; its exit is reported by the exit descriptor.
  if (!channel_) return;
  if (const Status sent = channel_->Send(std::move(frame)); !sent.ok()) return;
  UpdateSocketInterest();
}

void Worker::Close(std::chrono::nanoseconds grace) {
  if (ended_) return;
  DropSocket();
  if (kill_timer_ == 0)
    kill_timer_ = loop_.After(grace, [this] { Kill("did not leave when it was told to"); });
}

void Worker::Abort(std::string reason) {
  if (ended_) return;
  if (kill_reason_.empty()) kill_reason_ = std::move(reason);
  ::kill(process_.pid(), SIGABRT);
  loop_.CancelTimer(kill_timer_);
  kill_timer_ = loop_.After(kAbortGrace, [this] { process_.Kill(); });
}

void Worker::Kill(std::string reason) {
  if (ended_) return;
  if (kill_reason_.empty()) kill_reason_ = std::move(reason);
  process_.Kill();
}

std::uint64_t Worker::ResidentBytes() const {
  if (ended_) return 0;
  std::ifstream statm(fmt::format("/proc/{}/statm", process_.pid()));
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void Worker::OnSocket(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0 && channel_->Flush().ok()) UpdateSocketInterest();
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0) ReceiveFrames(kFramesPerTurn);
}

void Worker::ReceiveFrames(int frames_max) {
  for (int i = 0; i < frames_max && channel_; ++i) {
    Result<Channel::Received> received = channel_->Receive();
    if (!received.ok()) return Kill("sent a bad frame: " + received.error().message);
    if (std::holds_alternative<Channel::Nothing>(*received)) return;
    if (std::holds_alternative<Channel::Closed>(*received)) {
      DropSocket();
      // Without its socket it is of no use; the timer lets a process that is just exiting show
      // how it exits.
      if (kill_timer_ == 0)
        kill_timer_ = loop_.After(kAbortGrace, [this] { Kill("closed its control socket"); });
      return;
    }
    const Status taken = listener_.OnFrame(std::move(std::get<Frame>(*received)));
    if (!taken.ok()) return Kill("sent a bad frame: " + taken.error().message);
  }
}

void Worker::ReadOutput(std::size_t bytes_max) {
  char buffer[16 << 10];
  while (bytes_max > 0) {
    const ssize_t count = ::read(process_.output_fd(), buffer, std::min(sizeof buffer, bytes_max));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;
    if (count == 0) {
      loop_.Unwatch(std::exchange(output_watch_, 0));
      return output_.End(loop_.Now());
    }
    output_.Add({buffer, static_cast<std::size_t>(count)}, loop_.Now());
    bytes_max -= static_cast<std::size_t>(count);
  }
}

void Worker::OnExit() {
  // What it sent before it ended still counts.
  ReceiveFrames(std::numeric_limits<int>::max());
  const std::optional<int> status = process_.TryReap();
  if (!status) return;
  ended_ = true;
  ReadOutput(kOutputBytesAtEnd);
  output_.End(loop_.Now());
  DropSocket();
  loop_.Unwatch(std::exchange(exit_watch_, 0));
  loop_.Unwatch(std::exchange(output_watch_, 0));
  loop_.CancelTimer(std::exchange(kill_timer_, 0));
  listener_.OnEnded({kill_reason_.empty() ? PrintWaitStatus(*status) : kill_reason_,
                     std::string(output_.tail())});
}

void Worker::DropSocket() {
  loop_.Unwatch(std::exchange(socket_watch_, 0));
  channel_.reset();
}

void Worker::UpdateSocketInterest() {
  if (channel_->has_unsent() == wants_write_) return;
  wants_write_ = !wants_write_;
  loop_.Change(socket_watch_, wants_write_ ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

}  // namespace tidemill::plugin_host
