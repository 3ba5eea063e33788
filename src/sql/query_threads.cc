#include "sql/query_threads.h"

#include <sys/resource.h>
#include <unistd.h>

#include "duckdb/main/database.hpp"
#include "duckdb/parallel/task_scheduler.hpp"

namespace tidemill::sql {
namespace {

// Enough to let commits and acknowledgements go first on a busy machine.
constexpr int kNiceness = 5;

void BecomeLessUrgent() {
  // On Linux a thread has a priority of its own. Not being allowed to changes nothing but speed.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
}

}  // namespace

QueryThreads::QueryThreads(duckdb::DatabaseInstance& database, std::size_t total)
    : scheduler_(duckdb::TaskScheduler::GetScheduler(database)) {
  for (std::size_t i = 1; i < total; ++i) {
    threads_.emplace_back([this] {
      BecomeLessUrgent();
      scheduler_.ExecuteForever(&is_running_);
    });
  }
}

QueryThreads::~QueryThreads() {
  is_running_ = false;
  scheduler_.Signal(threads_.size());
  threads_.clear();  // joins
}

}  // namespace tidemill::sql
