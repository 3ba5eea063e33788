// The threads that help the calling thread with its queries: ours, and less urgent than writes.
//
// DuckDB is told that all its threads come from outside, and starts none itself.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace duckdb {
class DatabaseInstance;
class TaskScheduler;
}  // namespace duckdb

namespace tidemill::sql {

class QueryThreads {
 public:
  // `total` counts the thread that runs the query.
  QueryThreads(duckdb::DatabaseInstance& database, std::size_t total);
  ~QueryThreads();  // waits for tasks under way

 private:
  duckdb::TaskScheduler& scheduler_;
  std::atomic<bool> is_running_ = true;
  std::vector<std::jthread> threads_;
};

}  // namespace tidemill::sql
