#include "wal/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "wal/segment.h"
#include "wal/segment_log.h"
#include "wal/segment_reader.h"

namespace tidemill::wal {
namespace {

void NameTables(const RowsRecord& rows, std::set<TableId>& tables) {
  for (const TableRows& table : rows.tables) tables.insert(table.table);
}

// The tables of the records that can still be made out in the bytes of a broken frame.
std::vector<TableId> TablesNamedIn(std::string_view frame) {
  std::set<TableId> tables;
  if (!PeekGroupHeader(frame)) return {};
  GroupBody body(frame.substr(kGroupHeaderBytes));
  while (const auto encoded = body.Next()) {
    const auto record = DecodeRecord(*encoded);
    if (!record.ok()) continue;
    if (const auto* rows = std::get_if<RowsRecord>(record->get())) NameTables(*rows, tables);
    if (const auto* run = std::get_if<RunCommit>(record->get())) {
      for (const RowsRecord& output : run->outputs) NameTables(output, tables);
    }
  }
  return {tables.begin(), tables.end()};
}

class Surveyor {
 public:
  Surveyor(FileSystem& fs, const std::string& directory,
           const std::function<Status(const CommittedRecord&)>& visit)
      : fs_(fs), directory_(directory), visit_(visit) {}

  Result<Survey> Run() {
    TRY_ASSIGN(const std::vector<std::uint64_t> numbers, ListNumbers());
    for (const std::uint64_t number : numbers) {
      NoteMissing(number);
      TRY(ReadSegment(number, number == numbers.back()));
      ++survey_.segments;
    }
    return std::move(survey_);
  }

 private:
  Result<std::vector<std::uint64_t>> ListNumbers() const {
    TRY_ASSIGN(const std::vector<DirectoryEntry> entries, fs_.List(directory_));
    std::vector<std::uint64_t> numbers;
    for (const DirectoryEntry& entry : entries) {
      if (const auto number = ParseSegmentFileName(entry.name)) numbers.push_back(*number);
    }
    std::ranges::sort(numbers);
    return numbers;
  }

  void NoteMissing(std::uint64_t number) {
    if (last_number_ && *last_number_ + 1 < number) {
      is_missing_before_ = true;
      missing_file_ = PathOf(*last_number_ + 1);
    }
    last_number_ = number;
  }

  Status ReadSegment(std::uint64_t number, bool is_last) {
    TRY_ASSIGN(const SegmentReader reader, SegmentReader::Open(fs_, PathOf(number)));
    TRY_ASSIGN(const auto start, ReadStart(reader, is_last));
    if (!start) return Ok();
    std::uint64_t offset = start->second;
    for (;;) {
      TRY_ASSIGN(auto frame, reader.ReadFrame(offset));
      if (!frame || frame->header.segment != start->first || frame->header.holds_state()) {
        TRY_ASSIGN(frame, reader.FindGroup(offset, start->first));
        if (!frame) break;
        TRY(NoteBroken(reader, offset, *frame));
      } else if (!Follows(frame->header)) {
        TRY(NoteBroken(reader, offset, *frame));
      }
      TRY(Take(reader, *frame));
      offset = frame->end();
    }
    end_of_last_ = offset;
    last_path_ = reader.path();
    if (!is_last) return Ok();
    TRY_ASSIGN(const std::uint64_t data_end, reader.EndOfData(offset));
    survey_.torn_bytes += data_end - offset;
    return Ok();
  }

  // The segment's uuid and where its first group should be; nullopt: nothing more is to be had from
  // this file.
  Result<std::optional<std::pair<SegmentUuid, std::uint64_t>>> ReadStart(
      const SegmentReader& reader, bool is_last) {
    const auto header = reader.ReadHeader();
    if (!header.ok() && header.error().code != ErrorCode::kCorrupt) return header.error();
    TRY_ASSIGN(const auto state, reader.ReadFrame(kSegmentHeaderBytes));
    const bool is_sound = header.ok() && state && state->header.holds_state() &&
                          state->header.segment == header->uuid;
    if (is_sound) {
      NoteGapBefore(*header);
      position_ = {.group = header->group_before, .sequence = header->sequence_before};
      NoteState(*state);
      return std::optional(std::pair(header->uuid, state->end()));
    }
    TRY_ASSIGN(const auto group, reader.FindGroup(0, std::nullopt));
    if (is_last && !group) {  // its making was cut short: there is nothing in it
      TRY_ASSIGN(const std::uint64_t end, reader.EndOfData(0));
      survey_.torn_bytes += end;
      return std::optional<std::pair<SegmentUuid, std::uint64_t>>();
    }
    Damage damage{.file = reader.path(),
                  .offset = 0,
                  .end = group ? group->offset : 0,
                  .first = 1,
                  .last = 0,
                  .tables = {},
                  .what = "the segment's header or state record cannot be read"};
    if (group && position_ && group->header.first > position_->sequence + 1) {
      damage.first = position_->sequence + 1;
      damage.last = group->header.first - 1;
    }
    survey_.damage.push_back(std::move(damage));
    if (!group) return std::optional<std::pair<SegmentUuid, std::uint64_t>>();
    position_ = {.group = group->header.previous, .sequence = group->header.first - 1};
    return std::optional(std::pair(group->header.segment, group->offset));
  }

  void NoteState(const Frame& frame) {
    GroupBody body(frame.body());
    const auto record = DecodeRecord(body.Next().value_or(""));
    if (!record.ok()) return;
    if (const auto* state = std::get_if<SegmentState>(record->get())) {
      survey_.flushed = std::max(survey_.flushed, state->flushed);
    }
  }

  // Does a segment go on where the one before it ended?
  void NoteGapBefore(const SegmentHeader& header) {
    const bool was_missing = std::exchange(is_missing_before_, false);
    if (!position_ && !was_missing) return;
    const bool fits = position_ && position_->group == header.group_before;
    if (fits && !was_missing) return;
    const Sequence before = position_ ? position_->sequence : 0;
    survey_.damage.push_back(
        {.file = was_missing ? missing_file_ : last_path_,
         .offset = was_missing ? 0 : end_of_last_,
         .end = was_missing ? 0 : end_of_last_,
         .first = before + 1,
         .last = header.sequence_before,
         .tables = {},
         .what = was_missing ? "the segment is missing" : "the end of the segment is missing"});
  }

  bool Follows(const GroupHeader& group) const {
    return position_ && group.previous == position_->group && group.first > position_->sequence;
  }

  Status NoteBroken(const SegmentReader& reader, std::uint64_t offset, const Frame& next) {
    TRY_ASSIGN(const std::string bytes, reader.ReadBytes(offset, next.offset - offset));
    survey_.damage.push_back({.file = reader.path(),
                              .offset = offset,
                              .end = next.offset,
                              .first = position_ ? position_->sequence + 1 : 1,
                              .last = next.header.first - 1,
                              .tables = TablesNamedIn(bytes),
                              .what = "a group cannot be read"});
    return Ok();
  }

  Status Take(const SegmentReader& reader, const Frame& frame) {
    position_ = {.group = frame.header.group, .sequence = frame.header.last};
    const auto records = DecodeFrame(frame, 0, std::numeric_limits<std::uint64_t>::max());
    if (!records.ok()) {
      survey_.damage.push_back({.file = reader.path(),
                                .offset = frame.offset,
                                .end = frame.end(),
                                .first = frame.header.first,
                                .last = frame.header.last,
                                .tables = TablesNamedIn(frame.bytes),
                                .what = "the group's checksum is right but its content is not: " +
                                        records.error().message});
      return Ok();
    }
    ++survey_.groups;
    survey_.records += records->size();
    if (survey_.first == 0) survey_.first = frame.header.first;
    survey_.last = frame.header.last;
    if (!visit_) return Ok();
    for (const CommittedRecord& record : *records) TRY(visit_(record));
    return Ok();
  }

  std::string PathOf(std::uint64_t number) const {
    return directory_ + "/" + SegmentFileName(number);
  }

  FileSystem& fs_;
  const std::string& directory_;
  const std::function<Status(const CommittedRecord&)>& visit_;
  Survey survey_;
  std::optional<LogPosition> position_;  // of the last sound group
  std::optional<std::uint64_t> last_number_;
  bool is_missing_before_ = false;
  std::string missing_file_;
  std::string last_path_;
  std::uint64_t end_of_last_ = 0;
};

}  // namespace

Result<Survey> SurveyLog(FileSystem& fs, const std::string& directory,
                         const std::function<Status(const CommittedRecord&)>& visit) {
  return Surveyor(fs, directory, visit).Run();
}

}  // namespace tidemill::wal
