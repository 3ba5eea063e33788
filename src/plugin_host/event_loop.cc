#include "plugin_host/event_loop.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/thread_pool.h"

namespace tidemill::plugin_host {

using std::chrono::nanoseconds;

EventLoop::~EventLoop() { Stop(); }

Status EventLoop::Start() {
  epoll_ = FileDescriptor(::epoll_create1(EPOLL_CLOEXEC));
  wake_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event event{.events = EPOLLIN, .data = {.u64 = 0}};
  if (!epoll_.valid() || !wake_.valid() ||
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0)
    return IoError(fmt::format("plugin host: {}", std::strerror(errno)));
  {
    MutexLock lock(mutex_);
    stopped_ = false;
  }
  thread_ = std::thread([this] {
    SetThreadName("plugin-host");
    Run();
  });
  return Ok();
}

void EventLoop::Stop() {
  Post([this] { ending_ = true; });
  {
    MutexLock lock(mutex_);
    stopped_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

bool EventLoop::Post(Job job) {
  {
    MutexLock lock(mutex_);
    if (stopped_) return false;
    jobs_.push_back(std::move(job));
    if (jobs_.size() > 1) return true;  // the first of them has woken the loop
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  return true;
}

EventLoop::WatchId EventLoop::Watch(int fd, std::uint32_t events,
                                    std::function<void(std::uint32_t)> ready) {
  const WatchId id = next_id_++;
  epoll_event event{.events = events, .data = {.u64 = id}};
  CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) << std::strerror(errno);
  watched_[id] = std::make_shared<Watched>(Watched{fd, std::move(ready)});
  return id;
}

void EventLoop::Change(WatchId watch, std::uint32_t events) {
  const auto found = watched_.find(watch);
  if (found == watched_.end()) return;
  epoll_event event{.events = events, .data = {.u64 = watch}};
  CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, found->second->fd, &event) == 0)
      << std::strerror(errno);
}

void EventLoop::Unwatch(WatchId watch) {
  const auto found = watched_.find(watch);
  if (found == watched_.end()) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, found->second->fd, nullptr);
  watched_.erase(found);
}

EventLoop::TimerId EventLoop::After(nanoseconds delay, Job job) {
  const TimerId id = next_id_++;
  const nanoseconds when = Now() + std::max(delay, nanoseconds(0));
  timers_[{when, id}] = std::move(job);
  timer_times_[id] = when;
  return id;
}

void EventLoop::CancelTimer(TimerId timer) {
  const auto found = timer_times_.find(timer);
  if (found == timer_times_.end()) return;
  timers_.erase({found->second, timer});
  timer_times_.erase(found);
}

int EventLoop::MillisecondsToNextTimer() const {
  if (timers_.empty()) return -1;
  const nanoseconds left = timers_.begin()->first.first - Now();
  if (left <= nanoseconds(0)) return 0;
  // Rounded up: a timer that is woken too early would spin.
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::min<std::int64_t>(milliseconds, 60'000));
}

void EventLoop::Run() {
  while (!ending_) {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll_.get(), events, 64, MillisecondsToNextTimer());
    for (int i = 0; i < count; ++i) {
      // Looked up each time: an earlier handler of this turn may have removed it.
      const auto found = watched_.find(events[i].data.u64);
      if (found == watched_.end()) continue;
      const std::shared_ptr<Watched> kept = found->second;
      kept->ready(events[i].events);
    }
    RunTimers();
    RunJobs();
  }
  RunJobs();
}

void EventLoop::RunTimers() {
  const nanoseconds now = Now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto node = timers_.extract(timers_.begin());
    timer_times_.erase(node.key().second);
    node.mapped()();
  }
}

void EventLoop::RunJobs() {
  std::deque<Job> jobs;
  {
    MutexLock lock(mutex_);
    if (jobs_.empty()) return;
    std::uint64_t ignored;
    [[maybe_unused]] const ssize_t count = ::read(wake_.get(), &ignored, sizeof ignored);
    jobs.swap(jobs_);
  }
  for (Job& job : jobs) job();
}

}  // namespace tidemill::plugin_host
