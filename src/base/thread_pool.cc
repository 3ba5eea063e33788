#include "base/thread_pool.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/check.h"

namespace tidemill {
namespace {

constexpr std::size_t kThreadNameBytesMax = 15;  // the kernel's limit, without the final NUL

void AddNice(int nice) {
  if (nice == 0) return;
  const auto thread = static_cast<id_t>(::gettid());  // Linux: PRIO_PROCESS takes a thread id
  errno = 0;
  const int current = ::getpriority(PRIO_PROCESS, thread);
  if (errno != 0) return;
  // Best effort: lowering the priority is always allowed, raising it may not be.
  static_cast<void>(::setpriority(PRIO_PROCESS, thread, current + nice));
}

}  // namespace

ThreadPool::ThreadPool(Options options) : queue_(options.queue_jobs_max) {
  CHECK(options.threads > 0) << "thread pool '" << options.name << "' has no threads";
  threads_.reserve(options.threads);
  for (std::size_t i = 0; i < options.threads; ++i)
    threads_.emplace_back(
        [this, name = fmt::format("{}-{}", options.name.substr(0, 12), i), nice = options.nice] {
          SetThreadName(name);
          AddNice(nice);
          RunJobs();
        });
}

ThreadPool::~ThreadPool() { Stop(); }

bool ThreadPool::TryPost(std::function<void()> job) { return queue_.TryPush(std::move(job)); }

void ThreadPool::Stop() {
  is_stopping_ = true;
  queue_.Close();
  // A second caller waits here until the first has joined them all.
  std::call_once(joined_, [this] {
    for (std::jthread& thread : threads_) {
      CHECK(thread.get_id() != std::this_thread::get_id()) << "a job stops its own pool";
      thread.join();
    }
  });
}

void ThreadPool::RunJobs() {
  // After Stop() the queue hands out what it still holds; those jobs are dropped here.
  while (auto job = queue_.Pop())
    if (!is_stopping_) (*job)();
}

void SetThreadName(const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.substr(0, kThreadNameBytesMax).c_str());
}

}  // namespace tidemill
