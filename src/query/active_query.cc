#include "query/active_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/duration.h"
#include "base/thread_pool.h"

namespace tidemill::query {
namespace {

// Also how late the watchdog may be when the steady clock and the condition disagree.
constexpr std::chrono::nanoseconds kWatchIntervalMax = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kWatchIntervalMin = std::chrono::milliseconds(1);

// No limit may wrap around.
std::chrono::nanoseconds DeadlineOf(std::chrono::nanoseconds now, std::chrono::nanoseconds limit) {
  return limit > std::chrono::nanoseconds::max() - now ? std::chrono::nanoseconds::max()
                                                       : now + limit;
}

}  // namespace

ActiveQuery::ActiveQuery(Clock& clock, std::chrono::nanoseconds time_limit)
    : clock_(clock), time_limit_(time_limit), deadline_(DeadlineOf(clock.Steady(), time_limit)) {}

void ActiveQuery::Attach(std::shared_ptr<sql::ResultStream> stream) {
  bool is_stopped = false;
  {
    MutexLock lock(mutex_);
    stream_ = stream;
    is_stopped = reason_ != StopReason::kNone;
  }
  if (is_stopped) stream->Cancel();
}

void ActiveQuery::Detach() {
  std::shared_ptr<sql::ResultStream> gone;  // destroyed without the lock
  MutexLock lock(mutex_);
  gone = std::move(stream_);
  stream_ = nullptr;
}

void ActiveQuery::Stop(StopReason reason) {
  std::shared_ptr<sql::ResultStream> stream;
  {
    MutexLock lock(mutex_);
    if (reason_ == StopReason::kNone) reason_ = reason;
    stream = stream_;
  }
  if (stream != nullptr) stream->Cancel();
}

void ActiveQuery::CheckDeadline() {
  if (clock_.Steady() >= deadline_) Stop(StopReason::kTimeLimit);
}

StopReason ActiveQuery::stop_reason() const {
  MutexLock lock(mutex_);
  return reason_;
}

Error ActiveQuery::StopError() const {
  switch (stop_reason()) {
    case StopReason::kNone: break;
    case StopReason::kCancelled: return {ErrorCode::kCancelled, "the query was cancelled"};
    case StopReason::kTimeLimit:
      return {ErrorCode::kTimeout, fmt::format("the query ran longer than its time limit of {}",
                                               PrintDuration(time_limit_))};
    case StopReason::kShutdown:
      return {ErrorCode::kCancelled, "the query was cancelled: the server is stopping"};
  }
  return InternalError("the query was not stopped");
}

ActiveQueries::ActiveQueries(Clock& clock) : clock_(clock), watchdog_([this] { Watch(); }) {}

ActiveQueries::~ActiveQueries() { Stop(); }

Result<std::shared_ptr<ActiveQuery>> ActiveQueries::Add(std::chrono::nanoseconds time_limit) {
  auto query = std::make_shared<ActiveQuery>(clock_, time_limit);
  MutexLock lock(mutex_);
  if (is_stopped_) return UnavailableError("the server is stopping");
  by_deadline_.emplace(query->deadline(), query);
  changed_.NotifyAll();
  return query;
}

void ActiveQueries::Remove(const std::shared_ptr<ActiveQuery>& query) {
  MutexLock lock(mutex_);
  auto [begin, end] = by_deadline_.equal_range(query->deadline());
  const auto found =
      std::find_if(begin, end, [&](const auto& entry) { return entry.second == query; });
  if (found != end) by_deadline_.erase(found);
}

void ActiveQueries::Stop() {
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
    changed_.NotifyAll();
  }
  for (const auto& query : All()) query->Stop(StopReason::kShutdown);
  if (watchdog_.joinable()) watchdog_.join();
}

void ActiveQueries::CheckDeadlines() {
  for (const auto& query : All()) query->CheckDeadline();
}

void ActiveQueries::Watch() {
  SetThreadName("querywatch");
  while (true) {
    {
      MutexLock lock(mutex_);
      if (is_stopped_) return;
      if (by_deadline_.empty()) {
        changed_.Wait(mutex_);
        continue;
      }
      const std::chrono::nanoseconds left = by_deadline_.begin()->first - clock_.Steady();
      changed_.WaitFor(mutex_, std::clamp(left, kWatchIntervalMin, kWatchIntervalMax));
    }
    CheckDeadlines();
  }
}

std::vector<std::shared_ptr<ActiveQuery>> ActiveQueries::All() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<ActiveQuery>> out;
  for (const auto& [deadline, query] : by_deadline_) out.push_back(query);
  return out;
}

}  // namespace tidemill::query
