// Queries that run: each can be stopped from any thread, with a reason, and a watchdog stops those
// that run too long.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "sql/engine.h"

namespace tidemill::query {

enum class StopReason { kNone, kCancelled, kTimeLimit, kShutdown };

// One running query, as those see it who may stop it.
class ActiveQuery {
 public:
  ActiveQuery(Clock& clock, std::chrono::nanoseconds time_limit);

  // The stream exists now; if the query was stopped before, it is cancelled at once.
  void Attach(std::shared_ptr<sql::ResultStream> stream) EXCLUDES_LOCK(mutex_);
  // The stream goes.
  void Detach() EXCLUDES_LOCK(mutex_);
  // The first reason stays.
  void Stop(StopReason reason) EXCLUDES_LOCK(mutex_);

  // Stops it when its time is over.
  void CheckDeadline();
  std::chrono::nanoseconds deadline() const { return deadline_; }  // steady
  StopReason stop_reason() const EXCLUDES_LOCK(mutex_);
  // What a query that was stopped answers. There must be a reason.
  Error StopError() const;

 private:
  Clock& clock_;
  const std::chrono::nanoseconds time_limit_;
  const std::chrono::nanoseconds deadline_;
  mutable Mutex mutex_;
  StopReason reason_ GUARDED_BY(mutex_) = StopReason::kNone;
  std::shared_ptr<sql::ResultStream> stream_ GUARDED_BY(mutex_);
};

// All of them, with the thread that watches their deadlines.
class ActiveQueries {
 public:
  explicit ActiveQueries(Clock& clock);
  ~ActiveQueries();

  // Error: kUnavailable after Stop.
  Result<std::shared_ptr<ActiveQuery>> Add(std::chrono::nanoseconds time_limit)
      EXCLUDES_LOCK(mutex_);
  void Remove(const std::shared_ptr<ActiveQuery>& query) EXCLUDES_LOCK(mutex_);
  // Cancels all that run, refuses new ones, joins the thread; safe twice.
  void Stop() EXCLUDES_LOCK(mutex_);
  // What the thread does at each deadline.
  void CheckDeadlines() EXCLUDES_LOCK(mutex_);

 private:
  void Watch() EXCLUDES_LOCK(mutex_);
  std::vector<std::shared_ptr<ActiveQuery>> All() const EXCLUDES_LOCK(mutex_);

  Clock& clock_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::multimap<std::chrono::nanoseconds, std::shared_ptr<ActiveQuery>> by_deadline_
      GUARDED_BY(mutex_);
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  std::jthread watchdog_;
};

}  // namespace tidemill::query
