// The write-ahead log: group commit to segment files, replay, and the tail that triggers read.
//
// A group of records is written and fsynced as one frame; one group is in flight at a time while
// the next fills. When it is durable it is published to the listeners in order, in sequence order,
// and only then are the tickets released: visible means durable (contracts A). Files:
// docs/formats/wal.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/task.h"
#include "observe/metrics.h"
#include "wal/records.h"

namespace tidemill::wal {

struct CommittedRecord {
  Sequence sequence = 0;
  std::shared_ptr<const Record> record;
  std::uint32_t bytes = 0;  // encoded
};
struct CommittedGroup {
  Sequence first = 0;
  Sequence last = 0;
  std::vector<CommittedRecord> records;
};
using GroupPtr = std::shared_ptr<const CommittedGroup>;

// Told of every durable group, in order, on the committer's thread: be quick, do not block on I/O.
class GroupListener {
 public:
  virtual ~GroupListener() = default;
  virtual void OnCommitted(const GroupPtr& group) = 0;
};

using Ticket = Completion<Result<Sequence>>;

class Wal {
 public:
  struct Options {
    std::string directory;                        // empty: --object-store memory, nothing is stored
    std::uint64_t segment_bytes = 64 << 20;       // preallocated
    std::size_t open_group_bytes_max = 64 << 20;  // more waiting: kUnavailable, try again
    std::size_t tail_bytes_max = 64 << 20;        // decoded groups kept for triggers
    std::uint64_t reserve_bytes = 64 << 20;       // ballast, given up first when the disk is full
    std::chrono::nanoseconds linger{0};  // wait this long for more before a group is closed
  };
  struct Replayed {
    Sequence last = 0;  // the last durable sequence found
    std::size_t records = 0;
    std::uint64_t torn_bytes = 0;  // cut from the end
    std::vector<TriggerState> triggers;
  };
  struct SegmentInfo {
    std::string file;
    std::uint64_t number = 0;
    Sequence first = 0;
    Sequence last = 0;
    std::uint64_t bytes = 0;
  };

  // Reads every segment in order and hands each record to `replay`; then opens a fresh segment.
  // kCorrupt: damage, naming file, offset and sequences; kConflict: another server holds the
  // directory.
  static Result<std::unique_ptr<Wal>> Open(
      FileSystem& fs, Clock& clock, Random& random, observe::Metrics& metrics, Options options,
      const std::function<Status(const CommittedRecord&)>& replay);
  ~Wal();

  // Starts the committer. Listeners in the order given: storage before the engine.
  void Start(std::vector<GroupListener*> listeners);
  const Replayed& replayed() const { return replayed_; }

  // Joins the open group. The ticket completes when the record is durable and every listener has
  // it. The record's sequence is given at once through `sequence` if wanted (0 when refused).
  // Errors on the ticket: kUnavailable (full group, full disk: nothing was stored), kOutcomeUnknown
  // (EIO from fsync), kUnavailable "shutting down".
  Ticket Append(Record record, Sequence* sequence = nullptr) EXCLUDES_LOCK(mutex_);
  // Completes when everything appended before is durable and visible.
  Ticket Barrier() EXCLUDES_LOCK(mutex_);

  Sequence durable() const EXCLUDES_LOCK(mutex_);

  // Records with sequence > `after`, in order, about `bytes_max` of them (at least one if there is
  // one). From memory for triggers that keep up; laggards read segment files on the calling thread.
  // kNotFound: the oldest segment kept begins later than that.
  Result<std::vector<CommittedRecord>> Read(Sequence after, std::size_t bytes_max)
      EXCLUDES_LOCK(mutex_);

  // What keeps segments: everything up to `sequence` is in files (storage), resp. done (engine).
  void NoteFlushed(Sequence sequence) EXCLUDES_LOCK(mutex_);
  void NoteTableFlushed(TableId table, Sequence sequence) EXCLUDES_LOCK(mutex_);
  // A trigger with nothing to do moves on without a record (contracts G.1).
  void NoteCaughtUp(TriggerId trigger, Sequence low_water) EXCLUDES_LOCK(mutex_);
  std::optional<TriggerState> trigger_state(TriggerId trigger) const EXCLUDES_LOCK(mutex_);

  std::vector<SegmentInfo> Segments() const EXCLUDES_LOCK(mutex_);
  // "ok", or why writes are refused: "disk full: …", "fsync failed: …".
  std::string Health() const EXCLUDES_LOCK(mutex_);
  // Commits what is in the open group, then stops; safe twice.
  void Stop() EXCLUDES_LOCK(mutex_);

 private:
  class Impl;
  explicit Wal(std::unique_ptr<Impl> impl);
  Mutex& mutex_;  // the implementation's
  Replayed replayed_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemill::wal
