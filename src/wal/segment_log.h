// The row of segment files: appends groups to the newest, reads records back, deletes the oldest.
//
// Append, Begin and Prune are the committer's alone and do I/O without a lock; the list of segments
// is guarded, so that any thread may read. Which segments may go is for the ledger to say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/mutex.h"
#include "base/random.h"
#include "wal/group_frame.h"
#include "wal/records.h"
#include "wal/segment.h"
#include "wal/wal.h"

namespace tidemill::wal {

// What is known of one segment file without opening it.
struct Segment {
  // Where reading may begin without going through all that is before it: about one a mebibyte.
  struct Mark {
    Sequence first = 0;
    std::uint64_t offset = 0;
  };
  SegmentHeader header;
  Sequence last = 0;      // header.sequence_before while it holds no group
  std::uint64_t end = 0;  // of the last frame
  std::vector<Mark> marks;

  void Add(const GroupHeader& group, std::uint64_t offset, std::size_t frame_bytes);
  // Where to look for the record after `after`.
  std::uint64_t OffsetFor(Sequence after) const;
};

// How far the log is durable.
struct LogPosition {
  std::uint64_t group = 0;
  Sequence sequence = 0;
};

class SegmentLog {
 public:
  // `segments`: what replay found, oldest first; `last`: where it ended. A new one has to Begin
  // before the first Append.
  SegmentLog(FileSystem& fs, Clock& clock, Random& random, std::string directory,
             std::uint64_t segment_bytes, std::vector<Segment> segments, LogPosition last);

  bool HasRoomFor(std::size_t frame_bytes) const {
    return active_ != nullptr && active_->HasRoomFor(frame_bytes);
  }
  // Begins a segment with room for at least `frame_bytes`. After an error nothing has changed.
  Status Begin(const SegmentState& state, std::size_t frame_bytes) EXCLUDES_LOCK(mutex_);
  // Durable when it returns ok. kUnavailable: no space, nothing was stored, Begin may help.
  // kOutcomeUnknown: nobody can say what the disk holds; nothing may be appended any more.
  Status Append(GroupFrameBuilder& frame, Sequence first, Sequence last) EXCLUDES_LOCK(mutex_);
  // Deletes segments from the oldest on that hold nothing above `through`; never the newest.
  Status Prune(Sequence through) EXCLUDES_LOCK(mutex_);

  // Any thread: records with `after` < sequence <= `through`; see Wal::Read.
  Result<std::vector<CommittedRecord>> Read(Sequence after, Sequence through,
                                            std::size_t bytes_max) const EXCLUDES_LOCK(mutex_);
  std::vector<SegmentInfo> Segments() const EXCLUDES_LOCK(mutex_);

 private:
  std::string PathOf(std::uint64_t number) const;
  // The segments that may hold records after `after`. kNotFound: some have been deleted.
  Result<std::vector<Segment>> SegmentsAfter(Sequence after) const EXCLUDES_LOCK(mutex_);
  Status ReadSegment(const Segment& segment, Sequence after, Sequence through,
                     std::size_t bytes_max, std::vector<CommittedRecord>& into) const;
  std::optional<Segment> OldestIfDone(Sequence through) const EXCLUDES_LOCK(mutex_);

  FileSystem& fs_;
  Clock& clock_;
  Random& random_;
  const std::string directory_;
  const std::uint64_t segment_bytes_;
  std::unique_ptr<SegmentWriter> active_;  // nullptr: at the start, and after a failure
  LogPosition last_;
  std::uint64_t next_group_;

  mutable Mutex mutex_;
  std::vector<Segment> segments_ GUARDED_BY(mutex_);  // oldest first
};

}  // namespace tidemill::wal
