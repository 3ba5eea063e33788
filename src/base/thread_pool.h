// A fixed number of threads and a bounded queue of jobs for them.
//
// Stop() finishes the job each thread has in hand, drops the rest, joins; the destructor calls it.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"

namespace tidemill {

class ThreadPool {
 public:
  struct Options {
    std::string name = "pool";  // shown by ps and gdb, 12 characters at most
    std::size_t threads = 1;
    std::size_t queue_jobs_max = 1024;
    int nice = 0;  // added to the threads' nice value (19 = lowest priority)
  };
  explicit ThreadPool(Options options);
  ~ThreadPool();

  // False: the queue is full or the pool is stopped.
  bool TryPost(std::function<void()> job);
  void Stop();
  std::size_t queued() const { return queue_.size(); }

 private:
  void RunJobs();

  BoundedQueue<std::function<void()>> queue_;
  std::atomic<bool> is_stopping_ = false;
  std::once_flag joined_;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

// Names the calling thread for ps and gdb.
void SetThreadName(const std::string& name);

}  // namespace tidemill
