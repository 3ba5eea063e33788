#include "storage/retention.h"

namespace tidemill::storage {

void Retention::Restore(const RetentionCutoff& cutoff) {
  MutexLock lock(mutex_);
  cutoffs_[cutoff.database] = cutoff;
}

Timestamp Retention::CutoffAt(const catalog::Database& database, Timestamp now) {
  MutexLock lock(mutex_);
  const auto known = cutoffs_.find(database.id);
  if (!database.retention) {
    if (known != cutoffs_.end()) known->second = {database.id, {}, Timestamp::Min()};
    return Timestamp::Min();
  }
  const std::chrono::nanoseconds period = *database.retention;
  Timestamp cutoff = now - period;
  const bool may_only_grow = known != cutoffs_.end() && period <= known->second.period;
  if (may_only_grow) cutoff = std::max(cutoff, known->second.cutoff);
  cutoffs_[database.id] = {database.id, period, cutoff};
  return cutoff;
}

std::vector<RetentionCutoff> Retention::All() const {
  MutexLock lock(mutex_);
  std::vector<RetentionCutoff> out;
  for (const auto& [id, cutoff] : cutoffs_) out.push_back(cutoff);
  return out;
}

}  // namespace tidemill::storage
