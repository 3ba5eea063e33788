#include "query/query_log.h"

#include <fmt/format.h>

#include <utility>

#include "base/strings.h"

namespace tidemill::query {

std::string_view PrintQueryPhase(QueryPhase phase) {
  switch (phase) {
    case QueryPhase::kReceived: return "received";
    case QueryPhase::kPlanned: return "planned";
    case QueryPhase::kSuccess: return "success";
    case QueryPhase::kFail: return "fail";
    case QueryPhase::kCancel: return "cancel";
  }
  return "";
}

std::uint64_t QueryLog::Begin(std::string_view text) {
  Row row;
  row.record.issued = clock_.Now();
  row.record.text = CutUtf8(text, kTextBytesMax);
  row.began = clock_.Steady();
  MutexLock lock(mutex_);
  row.record.number = next_++;
  // Told apart across restarts by the time.
  row.record.id = fmt::format("{:x}-{}", row.record.issued.nanos(), row.record.number);
  rows_.push_back(std::move(row));
  if (rows_.size() > kRowsMax) rows_.pop_front();
  return rows_.back().record.number;
}

void QueryLog::Planned(std::uint64_t number, std::size_t parquet_files) {
  MutexLock lock(mutex_);
  Row* row = Find(number);
  if (row == nullptr) return;
  row->record.phase = QueryPhase::kPlanned;
  row->record.parquet_files = static_cast<std::int64_t>(parquet_files);
  row->record.plan_duration = clock_.Steady() - row->began;
}

std::chrono::nanoseconds QueryLog::End(std::uint64_t number, QueryPhase phase) {
  MutexLock lock(mutex_);
  Row* row = Find(number);
  if (row == nullptr) return std::chrono::nanoseconds(0);
  QueryRecord& record = row->record;
  record.phase = phase;
  record.end2end_duration = clock_.Steady() - row->began;
  if (record.plan_duration) {
    record.execute_duration = *record.end2end_duration - *record.plan_duration;
  }
  return *record.end2end_duration;
}

std::vector<QueryRecord> QueryLog::All() const {
  MutexLock lock(mutex_);
  std::vector<QueryRecord> out;
  out.reserve(rows_.size());
  for (const Row& row : rows_) out.push_back(row.record);
  return out;
}

// Numbers are in a row without gaps. nullptr: it has left the ring.
QueryLog::Row* QueryLog::Find(std::uint64_t number) {
  if (rows_.empty() || number < rows_.front().record.number) return nullptr;
  return &rows_[number - rows_.front().record.number];
}

}  // namespace tidemill::query
