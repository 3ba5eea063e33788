#include "wal/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "wal/segment_reader.h"

namespace tidemill::wal {
namespace {

class Replayer {
 public:
  Replayer(FileSystem& fs, const std::string& directory, Ledger& ledger,
           const std::function<Status(const CommittedRecord&)>& replay,
           const std::function<Status(const ReplayProgress&)>& progress)
      : fs_(fs), directory_(directory), ledger_(ledger), replay_(replay), progress_(progress) {}

  Result<ReplayedLog> Run() {
    TRY_ASSIGN(const std::vector<std::uint64_t> numbers, ListNumbers());
    for (const std::uint64_t number : numbers) {
      TRY(ReplaySegment(number, number == numbers.back()));
    }
    return std::move(log_);
  }

 private:
  Result<std::vector<std::uint64_t>> ListNumbers() {
    TRY_ASSIGN(const std::vector<DirectoryEntry> entries, fs_.List(directory_));
    std::vector<std::uint64_t> numbers;
    for (const DirectoryEntry& entry : entries) {
      const auto number = ParseSegmentFileName(entry.name);
      if (!number) continue;
      numbers.push_back(*number);
      read_.bytes_total += entry.size;
    }
    std::ranges::sort(numbers);
    for (std::size_t i = 1; i < numbers.size(); ++i) {
      if (numbers[i] == numbers[i - 1] + 1) continue;
      return CorruptError(fmt::format("WAL segment '{}' is missing: there are older and newer ones",
                                      PathOf(numbers[i - 1] + 1)));
    }
    return numbers;
  }

  Status ReplaySegment(std::uint64_t number, bool is_last) {
    TRY_ASSIGN(const SegmentReader reader, SegmentReader::Open(fs_, PathOf(number)));
    TRY_ASSIGN(const auto state, ReadStart(reader, is_last));
    if (!state) return DropUnfinished(reader);
    TRY(Enter(reader, number, *state));
    std::uint64_t offset = state->end();
    std::uint64_t last_frame = 0;  // the header and the state record count as one
    for (;;) {
      TRY_ASSIGN(const auto frame, reader.ReadFrame(offset));
      if (!frame || frame->header.segment != state->header.segment) break;
      TRY(Take(reader, *frame));
      last_frame = std::exchange(offset, frame->end());
      TRY(ReportProgress(offset));
    }
    before_ += reader.size();
    TRY(CheckNothingFollows(reader, state->header.segment, offset));
    return is_last ? Settle(reader, last_frame, offset) : Ok();
  }

  // Header and state record. nullopt: the newest segment, not finished when the program ended. A
  // group in it would prove that it was, and what is broken is damage.
  Result<std::optional<Frame>> ReadStart(const SegmentReader& reader, bool is_last) {
    const auto header = reader.ReadHeader();
    if (!header.ok() && header.error().code != ErrorCode::kCorrupt) return header.error();
    TRY_ASSIGN(auto state, reader.ReadFrame(kSegmentHeaderBytes));
    if (header.ok() && state && state->header.holds_state() &&
        state->header.segment == header->uuid) {
      header_ = *header;
      return state;
    }
    TRY_ASSIGN(const auto group, reader.FindGroup(0, std::nullopt));
    if (is_last && !group) return std::optional<Frame>();
    const std::string what = !header.ok() ? header.error().message
                                          : fmt::format(
                                                "'{}' is damaged at offset {}: no state "
                                                "record",
                                                reader.path(), kSegmentHeaderBytes);
    if (!group) return CorruptError(what);
    return CorruptError(fmt::format("{}; groups from sequence {} on follow at offset {}", what,
                                    group->header.first, group->offset));
  }

  Status DropUnfinished(const SegmentReader& reader) {
    TRY_ASSIGN(const std::uint64_t end, reader.EndOfData(0));
    log_.torn_bytes += end;
    TRY(fs_.Remove(reader.path()));
    return fs_.SyncDirectory(directory_);
  }

  // Does this segment begin where the one before ended?
  Status Enter(const SegmentReader& reader, std::uint64_t number, const Frame& state) {
    if (header_.number != number) {
      return CorruptError(fmt::format("'{}' says it is segment {}: it was renamed or copied",
                                      reader.path(), header_.number));
    }
    if (log_.segments.empty()) {
      log_.last = {.group = header_.group_before, .sequence = header_.sequence_before};
    } else if (header_.group_before != log_.last.group ||
               header_.sequence_before != log_.last.sequence) {
      return CorruptError(fmt::format(
          "'{}' is damaged at offset {}: it ends after sequence {}, but '{}' goes on after {}",
          PathOf(number - 1), log_.segments.back().end, log_.last.sequence, reader.path(),
          header_.sequence_before));
    }
    GroupBody body(state.body());
    TRY_ASSIGN(const auto record, DecodeRecord(body.Next().value_or("")));
    if (!std::holds_alternative<SegmentState>(*record)) {
      return CorruptError(fmt::format("'{}': the first record is of kind '{}', not a state record",
                                      reader.path(), RecordKindName(*record)));
    }
    ledger_.Apply(*record);
    log_.segments.push_back(
        {.header = header_, .last = header_.sequence_before, .end = state.end(), .marks = {}});
    return Ok();
  }

  Status Take(const SegmentReader& reader, const Frame& frame) {
    const GroupHeader& header = frame.header;
    if (header.holds_state() || header.previous != log_.last.group ||
        header.first <= log_.last.sequence) {
      return CorruptError(fmt::format(
          "'{}' is damaged at offset {}: group {} with sequences {} to {} does not follow group {} "
          "and sequence {}",
          reader.path(), frame.offset, header.group, header.first, header.last, log_.last.group,
          log_.last.sequence));
    }
    const auto records = DecodeFrame(frame, 0, std::numeric_limits<std::uint64_t>::max());
    if (!records.ok()) {
      return Error(records.error())
          .Within(fmt::format("'{}' at offset {}", reader.path(), frame.offset));
    }
    for (const CommittedRecord& record : *records) {
      ledger_.Apply(*record.record);
      TRY(replay_(record));
    }
    log_.records += records->size();
    log_.last = {.group = header.group, .sequence = header.last};
    log_.segments.back().Add(header, frame.offset, frame.bytes.size());
    return Ok();
  }

  Status CheckNothingFollows(const SegmentReader& reader, const SegmentUuid& segment,
                             std::uint64_t offset) {
    TRY_ASSIGN(const auto later, reader.FindGroup(offset, segment));
    if (!later) return Ok();
    return CorruptError(fmt::format(
        "'{}' is damaged from offset {} to {}: sequences {} to {} are lost, an intact group "
        "follows",
        reader.path(), offset, later->offset, log_.last.sequence + 1, later->header.first - 1));
  }

  // Cuts the torn end off the newest segment and makes sure that the rest is on the disk. The last
  // frame may have been read from memory only: the program may have ended between write and sync,
  // or the sync may have failed, after which syncing again writes nothing. So it is written again.
  Status Settle(const SegmentReader& reader, std::uint64_t last_frame, std::uint64_t end) {
    TRY_ASSIGN(const std::uint64_t data_end, reader.EndOfData(end));
    log_.torn_bytes += data_end - end;
    if (data_end > end) {
      Log(LogLevel::kWarn, "wal", "'{}': cut {} bytes of an unfinished write at offset {}",
          reader.path(), data_end - end, end);
    }
    TRY_ASSIGN(const std::unique_ptr<File> file, fs_.Open(reader.path(), OpenMode::kReadWrite));
    std::vector<std::byte> bytes(end - last_frame);
    TRY_ASSIGN(const std::size_t read, file->ReadAt(last_frame, bytes));
    if (read != bytes.size()) {
      return IoError(fmt::format("'{}' became shorter while it was read", reader.path()));
    }
    if (reader.size() > end) TRY(file->Truncate(end));
    TRY(file->WriteAt(last_frame, bytes));
    TRY(file->SyncData());
    return fs_.SyncDirectory(directory_);
  }

  Status ReportProgress(std::uint64_t offset) {
    if (!progress_) return Ok();
    read_.bytes = before_ + offset;
    read_.records = log_.records;
    return progress_(read_);
  }

  std::string PathOf(std::uint64_t number) const {
    return directory_ + "/" + SegmentFileName(number);
  }

  FileSystem& fs_;
  const std::string& directory_;
  Ledger& ledger_;
  const std::function<Status(const CommittedRecord&)>& replay_;
  const std::function<Status(const ReplayProgress&)>& progress_;
  ReplayProgress read_;
  std::uint64_t before_ = 0;  // bytes of the segments that are done
  SegmentHeader header_;      // of the segment being read
  ReplayedLog log_;
};

}  // namespace

Result<ReplayedLog> ReplaySegments(FileSystem& fs, const std::string& directory, Ledger& ledger,
                                   const std::function<Status(const CommittedRecord&)>& replay,
                                   const std::function<Status(const ReplayProgress&)>& progress) {
  return Replayer(fs, directory, ledger, replay, progress).Run();
}

}  // namespace tidemill::wal
