#include "wal/segment_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "wal/segment_reader.h"

namespace tidemill::wal {
namespace {

constexpr std::uint64_t kMarkBytes = 1 << 20;

SegmentUuid NewUuid(Random& random) {
  const std::array<std::uint64_t, 2> words = {random.Next(), random.Next()};
  SegmentUuid uuid;
  static_assert(sizeof uuid == sizeof words);
  std::memcpy(uuid.data(), words.data(), sizeof words);
  return uuid;
}

Error GoneError(Sequence after, Sequence oldest) {
  return NotFoundError(fmt::format(
      "the WAL no longer holds what follows sequence {}: it begins after {}", after, oldest));
}

std::size_t EncodedBytes(const std::vector<CommittedRecord>& records) {
  std::size_t bytes = 0;
  for (const CommittedRecord& record : records) bytes += record.bytes;
  return bytes;
}

}  // namespace

void Segment::Add(const GroupHeader& group, std::uint64_t offset, std::size_t frame_bytes) {
  if (marks.empty() || offset >= marks.back().offset + kMarkBytes) {
    marks.push_back({group.first, offset});
  }
  last = group.last;
  end = offset + frame_bytes;
}

std::uint64_t Segment::OffsetFor(Sequence after) const {
  const auto behind = std::ranges::upper_bound(marks, after + 1, {}, &Mark::first);
  if (behind != marks.begin()) return std::prev(behind)->offset;
  return marks.empty() ? end : marks.front().offset;
}

SegmentLog::SegmentLog(FileSystem& fs, Clock& clock, Random& random, std::string directory,
                       std::uint64_t segment_bytes, std::vector<Segment> segments, LogPosition last)
    : fs_(fs),
      clock_(clock),
      random_(random),
      directory_(std::move(directory)),
      segment_bytes_(segment_bytes),
      last_(last),
      next_group_(last.group + 1),
      segments_(std::move(segments)) {}

Status SegmentLog::Begin(const SegmentState& state, std::size_t frame_bytes) {
  SegmentHeader header{.uuid = NewUuid(random_),
                       .number = 1,
                       .group_before = last_.group,
                       .sequence_before = last_.sequence,
                       .created = clock_.Now()};
  {
    MutexLock lock(mutex_);
    if (!segments_.empty()) header.number = segments_.back().header.number + 1;
  }
  std::string encoded;
  EncodeRecord(state, encoded);
  const std::uint64_t needed = kSegmentHeaderBytes + kGroupHeaderBytes + sizeof(std::uint32_t) +
                               encoded.size() + frame_bytes;
  TRY_ASSIGN(active_, SegmentWriter::Create(fs_, directory_, header, encoded,
                                            std::max(segment_bytes_, needed)));
  MutexLock lock(mutex_);
  segments_.push_back(
      {.header = header, .last = header.sequence_before, .end = active_->end(), .marks = {}});
  return Ok();
}

Status SegmentLog::Append(GroupFrameBuilder& frame, Sequence first, Sequence last) {
  CHECK(HasRoomFor(frame.bytes())) << "a WAL group without a segment to hold it";
  CHECK(first > last_.sequence) << "a WAL group that begins before the last one ended";
  const GroupHeader header{.segment = active_->header().uuid,
                           .group = next_group_++,
                           .previous = last_.group,
                           .first = first,
                           .last = last};
  const std::uint64_t offset = active_->end();
  const Status written = active_->Append(frame.Seal(header));
  if (written.ok()) {
    last_ = {.group = header.group, .sequence = last};
    MutexLock lock(mutex_);
    segments_.back().Add(header, offset, frame.bytes());
    return Ok();
  }
  // The file is not used again, whatever happened: after a failed fsync nobody can say what it
  // holds, and a full disk is left behind by beginning the next segment.
  const auto failed = std::move(active_);
  if (written.error().code != ErrorCode::kUnavailable) {
    return Error{ErrorCode::kOutcomeUnknown, written.error().message};
  }
  if (const Status cut = failed->CutBack(); !cut.ok()) {
    return Error{ErrorCode::kOutcomeUnknown, cut.error().message};
  }
  return written;
}

std::optional<Segment> SegmentLog::OldestIfDone(Sequence through) const {
  MutexLock lock(mutex_);
  if (segments_.size() < 2 || segments_.front().last > through) return std::nullopt;
  return segments_.front();
}

Status SegmentLog::Prune(Sequence through) {
  while (const auto oldest = OldestIfDone(through)) {
    {
      MutexLock lock(mutex_);
      segments_.erase(segments_.begin());
    }
    // One at a time, oldest first, each on the disk before the next: a crash in between must not
    // leave a hole in the row.
    const std::string path = PathOf(oldest->header.number);
    TRY(fs_.Remove(path));
    TRY(fs_.SyncDirectory(directory_));
    Log(LogLevel::kDebug, "wal", "deleted '{}', sequences up to {}", path, oldest->last);
  }
  return Ok();
}

Result<std::vector<Segment>> SegmentLog::SegmentsAfter(Sequence after) const {
  MutexLock lock(mutex_);
  if (segments_.empty()) return std::vector<Segment>();
  if (after < segments_.front().header.sequence_before) {
    return GoneError(after, segments_.front().header.sequence_before);
  }
  const auto first = std::ranges::upper_bound(segments_, after, {}, &Segment::last);
  return std::vector<Segment>(first, segments_.end());
}

Result<std::vector<CommittedRecord>> SegmentLog::Read(Sequence after, Sequence through,
                                                      std::size_t bytes_max) const {
  std::vector<CommittedRecord> records;
  TRY_ASSIGN(const std::vector<Segment> segments, SegmentsAfter(after));
  for (const Segment& segment : segments) {
    if (segment.header.sequence_before >= through) break;
    if (!records.empty() && EncodedBytes(records) >= bytes_max) break;
    TRY(ReadSegment(segment, after, through, bytes_max, records));
  }
  return records;
}

Status SegmentLog::ReadSegment(const Segment& segment, Sequence after, Sequence through,
                               std::size_t bytes_max, std::vector<CommittedRecord>& into) const {
  auto reader = SegmentReader::Open(fs_, PathOf(segment.header.number));
  if (!reader.ok() && reader.error().code == ErrorCode::kNotFound) {
    return GoneError(after, segment.last);  // deleted since the list was read
  }
  TRY(reader);
  std::size_t bytes = EncodedBytes(into);
  for (std::uint64_t offset = segment.OffsetFor(after); offset < segment.end;) {
    if (!into.empty() && bytes >= bytes_max) return Ok();
    TRY_ASSIGN(const auto frame, reader->ReadFrame(offset));
    if (!frame || frame->header.segment != segment.header.uuid) {
      return CorruptError(
          fmt::format("'{}' is damaged at offset {}: the group there, of sequences "
                      "up to {}, cannot be read",
                      reader->path(), offset, segment.last));
    }
    if (frame->header.first > through) return Ok();
    if (frame->header.last > after) {
      TRY_ASSIGN(auto records, DecodeFrame(*frame, after, bytes_max - std::min(bytes, bytes_max)));
      const bool is_whole = !records.empty() && records.back().sequence == frame->header.last;
      bytes += EncodedBytes(records);
      std::move(records.begin(), records.end(), std::back_inserter(into));
      if (!is_whole) return Ok();
    }
    offset = frame->end();
  }
  return Ok();
}

std::vector<SegmentInfo> SegmentLog::Segments() const {
  MutexLock lock(mutex_);
  std::vector<SegmentInfo> out;
  out.reserve(segments_.size());
  for (const Segment& segment : segments_) {
    out.push_back({.file = PathOf(segment.header.number),
                   .number = segment.header.number,
                   .first = segment.header.sequence_before + 1,
                   .last = segment.last,
                   .bytes = segment.end});
  }
  return out;
}

std::string SegmentLog::PathOf(std::uint64_t number) const {
  return directory_ + "/" + SegmentFileName(number);
}

}  // namespace tidemill::wal
