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
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
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

// Told of every durable group, in order, on the committer's thread: be quick, do not block on I/O,
// do not wait for a ticket.
class GroupListener {
 public:
  virtual ~GroupListener() = default;
  virtual void OnCommitted(const GroupPtr& group) = 0;
};

using Ticket = Completion<Result<Sequence>>;

// One file of the log, for system tables.
struct SegmentInfo {
  std::string file;
  std::uint64_t number = 0;
  Sequence first = 0;  // of the records it holds; first > last: none yet
  Sequence last = 0;
  std::uint64_t bytes = 0;  // in use
};

// How far the reading of the log at start has come.
struct ReplayProgress {
  std::uint64_t bytes = 0;        // of segment files, read
  std::uint64_t bytes_total = 0;  // as the files are; the newest one is mostly empty
  std::size_t records = 0;
};

class Wal {
 public:
  struct Options {
    std::string directory;                        // empty: --object-store memory, nothing is stored
    std::uint64_t segment_bytes = 64 << 20;       // preallocated
    std::size_t open_group_bytes_max = 64 << 20;  // more waiting: kUnavailable, try again
    std::size_t tail_bytes_max = 64 << 20;        // decoded groups kept for triggers
    std::uint64_t reserve_bytes = 64 << 20;       // ballast, given up first when the disk is full
    std::chrono::nanoseconds linger{0};  // wait this long for more before a group is closed
    // Told after every group that Open reads; an error ends Open with it.
    std::function<Status(const ReplayProgress&)> on_replay = nullptr;
  };
  struct Replayed {
    Sequence last = 0;  // the last durable sequence found
    std::size_t records = 0;
    std::uint64_t torn_bytes = 0;  // cut from the end
    std::vector<TriggerState> triggers;
  };
  using SegmentInfo = wal::SegmentInfo;

  // Reads every segment in order and hands each record to `replay`; then opens a fresh segment.
  // kCorrupt: damage, naming file, offset and sequences; kConflict: another server holds the
  // directory.
  static Result<std::unique_ptr<Wal>> Open(
      FileSystem& fs, Clock& clock, Random& random, observe::Metrics& metrics, Options options,
      const std::function<Status(const CommittedRecord&)>& replay);
  ~Wal();

  // Starts the committer. Listeners in the order given: storage before the engine. The first one
  // makes the rows visible; then durable() and Read() include the group; then the others are told,
  // so that whoever wakes up and reads finds the rows in the tables too.
  void Start(std::vector<GroupListener*> listeners);
  const Replayed& replayed() const;

  // Joins the open group. The ticket completes, on the committer's thread, when the record is
  // durable and every listener has it. The record's sequence is given at once through `sequence` if
  // wanted (0 when refused). Errors on the ticket: kUnavailable (full group, full disk, shutting
  // down: nothing was stored), kOutcomeUnknown (the disk failed), kTooLarge (over kRecordBytesMax).
  // A commit that goes on from where its trigger stands is widened over the stretch that
  // NoteCaughtUp reported without a record.
  Ticket Append(Record record, Sequence* sequence = nullptr);
  // Completes when everything appended before is durable and visible, with the last such sequence;
  // or with the error that what was appended before met.
  Ticket Barrier();

  Sequence durable() const;

  // Records with sequence > `after`, in order, about `bytes_max` of them (at least one if there is
  // one). From memory for triggers that keep up; laggards read segment files on the calling thread.
  // Sequences of writes that failed are missing. kNotFound: the oldest segment kept begins later
  // than that.
  Result<std::vector<CommittedRecord>> Read(Sequence after, std::size_t bytes_max);

  // What keeps segments: everything up to `sequence` is in files (storage), resp. done (engine). A
  // segment goes once both have passed it, and for triggers once the log itself holds that they
  // have: a state record at the latest when the next segment begins.
  void NoteFlushed(Sequence sequence);
  void NoteTableFlushed(TableId table, Sequence sequence);
  // A trigger with nothing to do moves on without a record.
  void NoteCaughtUp(TriggerId trigger, Sequence low_water);
  std::optional<TriggerState> trigger_state(TriggerId trigger) const;

  std::vector<SegmentInfo> Segments() const;
  // "ok", or why writes are refused: "disk full: …", "the WAL has failed: …".
  std::string Health() const;
  // Commits what is in the open group, then stops; safe twice.
  void Stop();

 private:
  class Impl;
  explicit Wal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemill::wal
