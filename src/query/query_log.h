// The newest queries of the whole server, running or ended: what system.queries shows.
//
// A ring: the oldest goes when there are too many. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/timestamp.h"

namespace tidemill::query {

enum class QueryPhase { kReceived, kPlanned, kSuccess, kFail, kCancel };
std::string_view PrintQueryPhase(QueryPhase phase);  // "received", "planned", "success", …

struct QueryRecord {
  std::uint64_t number = 0;  // of the query in this process, from 1
  std::string id;
  QueryPhase phase = QueryPhase::kReceived;
  Timestamp issued;
  std::string text;
  std::optional<std::int64_t> parquet_files;
  std::optional<std::chrono::nanoseconds> plan_duration;
  std::optional<std::chrono::nanoseconds> execute_duration;
  std::optional<std::chrono::nanoseconds> end2end_duration;

  bool is_running() const {
    return phase == QueryPhase::kReceived || phase == QueryPhase::kPlanned;
  }
};

class QueryLog {
 public:
  static constexpr std::size_t kRowsMax = 1'000;
  static constexpr std::size_t kTextBytesMax = 16 << 10;  // longer texts are cut

  explicit QueryLog(Clock& clock) : clock_(clock) {}

  // Returns the query's number.
  std::uint64_t Begin(std::string_view text) EXCLUDES_LOCK(mutex_);
  void Planned(std::uint64_t number, std::size_t parquet_files) EXCLUDES_LOCK(mutex_);
  // `phase`: how it ended. Returns its time from begin to end.
  std::chrono::nanoseconds End(std::uint64_t number, QueryPhase phase) EXCLUDES_LOCK(mutex_);

  std::vector<QueryRecord> All() const EXCLUDES_LOCK(mutex_);  // oldest first

 private:
  struct Row {
    QueryRecord record;
    std::chrono::nanoseconds began{0};  // steady
  };
  Row* Find(std::uint64_t number) REQUIRES_LOCK(mutex_);

  Clock& clock_;
  mutable Mutex mutex_;
  std::deque<Row> rows_ GUARDED_BY(mutex_);
  std::uint64_t next_ GUARDED_BY(mutex_) = 1;
};

}  // namespace tidemill::query
