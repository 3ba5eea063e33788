// The record types of the write-ahead log, and their bytes.
//
// A record is self-contained (contracts B.2): database, table and column ids, its own tag values
// and series; so a cursor, a parallel replay or a repair can start at any record. Layout with a hex
// example: docs/formats/wal.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/timestamp.h"
#include "columnar/row_block.h"

namespace tidemill::wal {

struct TableRows {
  TableId table{};
  std::shared_ptr<const columnar::RowBlock> rows{};
};

// One write to one database.
struct RowsRecord {
  DatabaseId database{};
  std::uint64_t catalog_sequence = 0;  // the catalog must be at least this new to read it
  TriggerId origin{};                  // 0: a client; else the trigger whose run wrote it
  std::uint8_t depth = 0;              // 0: a client; else 1 + the deepest input of the run
  Timestamp received{};
  std::vector<TableRows> tables{};
};

struct SequenceRange {
  Sequence first = 0;
  Sequence last = 0;
  bool operator==(const SequenceRange&) const = default;
};

// The end of one run: what it consumed and what it wrote, in one record, so that both happen or
// neither.
struct RunCommit {
  TriggerId trigger{};
  SequenceRange consumed{};  // {0, 0}: none (schedule, request)
  Timestamp tick{};          // of a schedule run; 0: none
  // The plugin's databases; the run's own row in _internal is the last.
  std::vector<RowsRecord> outputs{};
  std::string cache_changes{};  // the trigger's durable cache after the run; empty: unchanged
  std::string dead_letter{};    // name of the object that holds the input, if it was given up
};

// A run has begun on this range; after a crash the same range comes again with a higher attempt.
struct RunStarted {
  TriggerId trigger{};
  SequenceRange range{};
  std::uint32_t attempt = 1;
};

// Where a trigger stands. As a record: sets it (creation, enable, resume, a gap).
struct TriggerState {
  TriggerId trigger{};
  Sequence low_water = 0;                 // everything up to here is done or does not match
  std::vector<SequenceRange> finished{};  // above the low water, in order
  std::vector<RunStarted> under_way{};
  Timestamp last_tick{};
  std::string durable_cache{};
  bool operator==(const TriggerState&) const;
};
// A deleted (or disabled) trigger: holds no segments any more.
struct TriggerGone {
  TriggerId trigger{};
};

// First record of every segment: what earlier segments would be needed for otherwise. It has no
// sequence of its own and is not handed to anyone; replay folds it.
struct SegmentState {
  Sequence next_sequence = 1;
  Sequence flushed = 0;  // every table is flushed up to here
  std::vector<TriggerState> triggers{};
  struct TableFlushed {
    TableId table;
    Sequence flushed = 0;
  };
  std::vector<TableFlushed> tables{};  // those that are further than `flushed`
};

// Rows of a tiny table taken over from a segment that must go (contracts D.4): not delivered again.
struct CarriedRows {
  Sequence original = 0;
  RowsRecord rows{};
};

using Record = std::variant<RowsRecord, RunCommit, RunStarted, TriggerState, TriggerGone,
                            SegmentState, CarriedRows>;

// The largest record there may be, before compression.
inline constexpr std::size_t kRecordBytesMax = 256 << 20;

// Appends the bytes of one record: kind u8, flags u8 (1 = zstd), body. The body is compressed above
// 4 KiB when that helps. Returns the size before compression, which is about what the record takes
// in memory.
std::size_t EncodeRecord(const Record& record, std::string& out);
// Checks everything: a record that comes back is consistent. Error: kCorrupt.
Result<std::shared_ptr<const Record>> DecodeRecord(std::string_view bytes);
// "rows", "run commit", … for messages.
std::string_view RecordKindName(const Record& record);

}  // namespace tidemill::wal
