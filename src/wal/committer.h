// The group commit loop: records join the open group; one thread makes group after group durable.
//
// Knows order, tickets, limits and what to refuse; what "durable" and "visible" mean is the
// sink's. While one group is stored the next one fills, so a slow disk makes larger groups, not
// more waiting. The open group and the state are behind one lock that is held for memory work only.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "observe/metrics.h"
#include "wal/wal.h"

namespace tidemill::wal {

// A record on its way, encoded by whoever appends it.
struct PendingRecord {
  std::shared_ptr<const Record> record;
  std::string bytes;
  std::size_t plain_bytes = 0;  // before compression
  Ticket ticket;
};

struct PendingGroup {
  Sequence first = 0;
  std::vector<PendingRecord> records;
  std::vector<Ticket> barriers;
  std::size_t plain_bytes = 0;

  bool empty() const { return records.empty() && barriers.empty(); }
  Sequence last() const { return first + records.size() - 1; }
};

// What the committer drives, on its own thread.
class GroupSink {
 public:
  virtual ~GroupSink() = default;
  // kUnavailable: nothing was stored, and it may work later. kOutcomeUnknown: it may have been
  // stored; nothing more can be. Any other error: nothing was stored, nothing more can be.
  virtual Status Store(const PendingGroup& group) = 0;
  // The group is durable: show it to everybody.
  virtual void Publish(const PendingGroup& group) = 0;
  // After kUnavailable: ok when there is room again.
  virtual Status Recover() = 0;
  // After each group, when nobody waits for it any more.
  virtual void Tidy() = 0;
};

class Committer {
 public:
  struct Options {
    Sequence last = 0;  // the last sequence in the log
    std::size_t open_group_bytes_max = 64 << 20;
    std::chrono::nanoseconds linger{0};
  };
  // How often a full disk is tried again.
  static constexpr std::chrono::seconds kRecoverInterval{1};

  Committer(Clock& clock, observe::Metrics& metrics, GroupSink& sink, Options options);
  ~Committer();

  void Start();
  // Commits what is in the open group, then ends the thread; safe twice. What was never started
  // fails its tickets.
  void Stop() EXCLUDES_LOCK(mutex_);

  // See Wal::Append and Wal::Barrier.
  Ticket Append(PendingRecord record, Sequence* sequence) EXCLUDES_LOCK(mutex_);
  Ticket Barrier() EXCLUDES_LOCK(mutex_);
  std::string Health() const EXCLUDES_LOCK(mutex_);
  // Refuse from the start: there was no room for a first segment.
  void StartFull(const Error& error) EXCLUDES_LOCK(mutex_);

 private:
  enum class State {
    kOpen,
    kFull,    // no space: tried again from time to time
    kFailed,  // until restart
  };

  void Run();
  // Waits for work. An empty group: time to look whether a full disk has room. nullopt: the end.
  std::optional<PendingGroup> NextGroup() EXCLUDES_LOCK(mutex_);
  void Linger() REQUIRES_LOCK(mutex_);
  void Commit(PendingGroup& group) EXCLUDES_LOCK(mutex_);
  Status StoreGroup(const PendingGroup& group) EXCLUDES_LOCK(mutex_);
  bool IsRecoveryWanted(const PendingGroup& group) const EXCLUDES_LOCK(mutex_);
  void Release(PendingGroup& group) EXCLUDES_LOCK(mutex_);
  void EnterRefusal(const Error& error) EXCLUDES_LOCK(mutex_);
  void Fail(PendingGroup& group, const Error& error) EXCLUDES_LOCK(mutex_);
  // Why nothing more joins the open group; nullopt: it may.
  std::optional<Error> Refusal(std::size_t plain_bytes) const REQUIRES_LOCK(mutex_);
  bool IsRecoveryDue() const REQUIRES_LOCK(mutex_);
  void SetState(State state, std::string reason) REQUIRES_LOCK(mutex_);

  Clock& clock_;
  GroupSink& sink_;
  const Options options_;
  observe::Counter& groups_;
  observe::Counter& records_;
  observe::Counter& bytes_;
  observe::Histogram& store_seconds_;
  observe::Gauge& refusing_;

  mutable Mutex mutex_;
  CondVar work_;
  PendingGroup open_ GUARDED_BY(mutex_);
  bool is_committing_ GUARDED_BY(mutex_) = false;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  Sequence visible_ GUARDED_BY(mutex_) = 0;  // the last one whose group is done
  State state_ GUARDED_BY(mutex_) = State::kOpen;
  std::string reason_ GUARDED_BY(mutex_);
  std::chrono::nanoseconds recover_at_ GUARDED_BY(mutex_){0};
  std::jthread thread_;
};

}  // namespace tidemill::wal
