// What the tests of this folder share: random records, a recording listener, an awaited ticket.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/task.h"
#include "columnar/row_block.h"
#include "testing/seeded_random.h"
#include "wal/records.h"
#include "wal/wal.h"

namespace tidemill::wal {

// One row, one tag, one integer field: enough to tell records apart.
inline RowsRecord MakeRows(std::int64_t value, std::uint32_t table = 7) {
  auto block = std::make_shared<columnar::RowBlock>();
  block->tags.push_back({.column = ColumnId(1), .values = {}});
  block->tags[0].values.Append("host");
  block->series_codes = {1};
  block->series_count = 1;
  block->row_series = {0};
  block->times = {value};
  block->fields.push_back({.column = ColumnId(2),
                           .type = model::DataType::kInt64,
                           .valid = {},
                           .words = {static_cast<std::uint64_t>(value)},
                           .strings = {}});
  RowsRecord record{.database = DatabaseId(3),
                    .catalog_sequence = 5,
                    .origin = TriggerId(),
                    .received = Timestamp(value),
                    .tables = {}};
  record.tables.push_back({.table = TableId(table), .rows = std::move(block)});
  return record;
}

// The number that MakeRows was given.
inline std::int64_t ValueOf(const Record& record) {
  return std::get<RowsRecord>(record).received.nanos();
}

class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed) : random_(seed) {}

  std::uint64_t Below(std::uint64_t limit) { return random_.Next() % limit; }
  std::string Text(std::uint64_t bytes_max) {
    std::string text(Below(bytes_max + 1), '\0');
    for (char& c : text) c = static_cast<char>(Below(256));
    return text;
  }
  // Any size of number is as likely as any other.
  std::uint64_t Number() { return random_.Next() >> Below(64); }

  columnar::RowBlock Block(std::uint64_t rows_max) {
    columnar::RowBlock block;
    const std::uint64_t rows = Below(rows_max + 1);
    const std::uint64_t tags = Below(4);
    for (std::uint64_t i = 0; i < tags; ++i)
      block.tags.push_back(Tag(static_cast<std::uint32_t>(i)));
    block.series_count = static_cast<std::uint32_t>(tags == 0 ? 1 : 1 + Below(5));
    for (std::uint32_t series = 0; series < block.series_count; ++series) {
      for (const auto& tag : block.tags) {
        block.series_codes.push_back(static_cast<std::uint32_t>(Below(tag.values.size() + 1)));
      }
    }
    for (std::uint64_t row = 0; row < rows; ++row) {
      block.row_series.push_back(static_cast<std::uint32_t>(Below(block.series_count)));
      block.times.push_back(static_cast<std::int64_t>(random_.Next()));
    }
    const std::uint64_t fields = Below(6);
    for (std::uint64_t i = 0; i < fields; ++i) block.fields.push_back(Field(rows));
    return block;
  }

  RowsRecord Rows(std::uint64_t rows_max = 40) {
    RowsRecord record{.database = DatabaseId(Id()),
                      .catalog_sequence = Number(),
                      .origin = TriggerId(Id()),
                      .depth = static_cast<std::uint8_t>(Below(17)),
                      .received = Timestamp(static_cast<std::int64_t>(random_.Next())),
                      .tables = {}};
    const std::uint64_t tables = Below(4);
    for (std::uint64_t i = 0; i < tables; ++i) {
      record.tables.push_back(
          {.table = TableId(Id()),
           .rows = std::make_shared<const columnar::RowBlock>(Block(rows_max))});
    }
    return record;
  }
  SequenceRange Range() {
    const Sequence first = Number() >> 1;
    return {.first = first, .last = first + Below(1000)};
  }
  RunStarted Started() { return {.trigger = TriggerId(Id()), .range = Range(), .attempt = Id()}; }
  TriggerState State() {
    TriggerState state{.trigger = TriggerId(Id()),
                       .low_water = Number(),
                       .finished = {},
                       .under_way = {},
                       .last_tick = Timestamp(static_cast<std::int64_t>(random_.Next())),
                       .durable_cache = Text(30)};
    for (std::uint64_t i = Below(4); i > 0; --i) state.finished.push_back(Range());
    for (std::uint64_t i = Below(4); i > 0; --i) state.under_way.push_back(Started());
    return state;
  }
  RunCommit Commit() {
    RunCommit commit{.trigger = TriggerId(Id()),
                     .consumed = Range(),
                     .tick = Timestamp(static_cast<std::int64_t>(random_.Next())),
                     .outputs = {},
                     .cache_changes = Text(50),
                     .dead_letter = Text(20)};
    for (std::uint64_t i = Below(3); i > 0; --i) commit.outputs.push_back(Rows());
    return commit;
  }
  SegmentState Segment() {
    SegmentState state{
        .next_sequence = Number(), .flushed = Number(), .triggers = {}, .tables = {}};
    for (std::uint64_t i = Below(4); i > 0; --i) state.triggers.push_back(State());
    for (std::uint64_t i = Below(9); i > 0; --i) state.tables.push_back({TableId(Id()), Number()});
    return state;
  }
  Record Any() {
    switch (Below(7)) {
      case 0: return Rows();
      case 1: return Commit();
      case 2: return Started();
      case 3: return State();
      case 4: return TriggerGone{.trigger = TriggerId(Id())};
      case 5: return Segment();
      default: return CarriedRows{.original = Number(), .rows = Rows()};
    }
  }

 private:
  std::uint32_t Id() { return static_cast<std::uint32_t>(Number()); }
  columnar::TagColumn Tag(std::uint32_t id) {
    columnar::TagColumn tag{.column = ColumnId(id), .values = {}};
    for (std::uint64_t i = Below(6); i > 0; --i) tag.values.Append(Text(12));
    return tag;
  }
  columnar::FieldColumn Field(std::uint64_t rows) {
    columnar::FieldColumn field{.column = ColumnId(Id()),
                                .type = static_cast<model::DataType>(Below(5)),
                                .valid = {},
                                .words = {},
                                .strings = {}};
    const bool has_absent = Below(2) == 0;
    for (std::uint64_t row = 0; row < rows; ++row) {
      const bool is_present = !has_absent || Below(3) > 0;
      if (has_absent) field.valid.push_back(is_present ? 1 : 0);
      AddValue(field, is_present);
    }
    return field;
  }
  void AddValue(columnar::FieldColumn& field, bool is_present) {
    if (field.type == model::DataType::kString) {
      field.strings.Append(is_present ? Text(10) : "");
      return;
    }
    const std::uint64_t word = field.type == model::DataType::kBool ? Below(2) : Number();
    field.words.push_back(is_present ? word : 0);
  }

  testing::SeededRandom random_;
};

inline Task<Result<Sequence>> AwaitTicket(Ticket ticket) { co_return co_await ticket; }
inline Result<Sequence> Await(Ticket ticket) { return BlockOn(AwaitTicket(std::move(ticket))); }

}  // namespace tidemill::wal
