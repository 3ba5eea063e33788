#include "wal/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/overload.h"
#include "base/status_macros.h"
#include "wal/compression.h"
#include "wal/row_codec.h"

namespace tidemill::wal {
namespace {

// Numbers on disk: never renumber. A variant's index is not one of them.
enum class Kind : std::uint8_t {
  kRows = 1,
  kRunCommit = 2,
  kRunStarted = 3,
  kTriggerState = 4,
  kTriggerGone = 5,
  kSegmentState = 6,
  kCarriedRows = 7,
};
constexpr std::uint8_t kCompressed = 1;
constexpr std::size_t kCompressAboveBytes = 4096;

// ---- Out: one function per kind

Kind KindOf(const Record& record) {
  return std::visit(Overload{
                        [](const RowsRecord&) { return Kind::kRows; },
                        [](const RunCommit&) { return Kind::kRunCommit; },
                        [](const RunStarted&) { return Kind::kRunStarted; },
                        [](const TriggerState&) { return Kind::kTriggerState; },
                        [](const TriggerGone&) { return Kind::kTriggerGone; },
                        [](const SegmentState&) { return Kind::kSegmentState; },
                        [](const CarriedRows&) { return Kind::kCarriedRows; },
                    },
                    record);
}

void Write(ByteWriter& writer, const RowsRecord& rows) { EncodeRows(rows, writer); }

void Write(ByteWriter& writer, const SequenceRange& range) {
  CHECK(range.first <= range.last) << "a range of sequences ends before it begins";
  writer.Varint(range.first);
  writer.Varint(range.last);
}

void Write(ByteWriter& writer, const RunCommit& commit) {
  writer.Varint(commit.trigger.value());
  Write(writer, commit.consumed);
  writer.Fixed(commit.tick.nanos());
  writer.Varint(commit.outputs.size());
  for (const RowsRecord& output : commit.outputs) Write(writer, output);
  writer.Text(commit.cache_changes);
  writer.Text(commit.dead_letter);
}

void Write(ByteWriter& writer, const RunStarted& started) {
  writer.Varint(started.trigger.value());
  Write(writer, started.range);
  writer.Varint(started.attempt);
}

void Write(ByteWriter& writer, const TriggerState& state) {
  writer.Varint(state.trigger.value());
  writer.Varint(state.low_water);
  writer.Varint(state.finished.size());
  for (const SequenceRange& range : state.finished) Write(writer, range);
  writer.Varint(state.under_way.size());
  for (const RunStarted& started : state.under_way) Write(writer, started);
  writer.Fixed(state.last_tick.nanos());
  writer.Text(state.durable_cache);
}

void Write(ByteWriter& writer, const TriggerGone& gone) { writer.Varint(gone.trigger.value()); }

void Write(ByteWriter& writer, const SegmentState& state) {
  writer.Varint(state.next_sequence);
  writer.Varint(state.flushed);
  writer.Varint(state.triggers.size());
  for (const TriggerState& trigger : state.triggers) Write(writer, trigger);
  writer.Varint(state.tables.size());
  for (const auto& table : state.tables) {
    writer.Varint(table.table.value());
    writer.Varint(table.flushed);
  }
}

void Write(ByteWriter& writer, const CarriedRows& carried) {
  writer.Varint(carried.original);
  Write(writer, carried.rows);
}

// ---- In: the same order

std::uint32_t ReadNarrow(ByteReader& reader) {
  const std::uint64_t value = reader.Varint();
  if (value > std::numeric_limits<std::uint32_t>::max()) reader.Fail();
  return static_cast<std::uint32_t>(value);
}

bool Read(ByteReader& reader, RowsRecord& rows) { return DecodeRows(reader, rows); }

bool Read(ByteReader& reader, SequenceRange& range) {
  range.first = reader.Varint();
  range.last = reader.Varint();
  return reader.ok() && range.first <= range.last;
}

bool Read(ByteReader& reader, RunStarted& started) {
  started.trigger = TriggerId(ReadNarrow(reader));
  if (!Read(reader, started.range)) return false;
  started.attempt = ReadNarrow(reader);
  return reader.ok();
}

bool Read(ByteReader& reader, TriggerState& state);
bool Read(ByteReader& reader, SegmentState::TableFlushed& table);

// Nothing is allocated ahead: a wrong count ends at the end of the bytes.
template <typename T>
bool ReadAll(ByteReader& reader, std::vector<T>& into) {
  const std::uint64_t count = reader.Varint();
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!reader.ok() || !Read(reader, into.emplace_back())) return false;
  }
  return reader.ok();
}

bool Read(ByteReader& reader, RunCommit& commit) {
  commit.trigger = TriggerId(ReadNarrow(reader));
  if (!Read(reader, commit.consumed)) return false;
  commit.tick = Timestamp(reader.Fixed<std::int64_t>());
  if (!ReadAll(reader, commit.outputs)) return false;
  commit.cache_changes = reader.Text();
  commit.dead_letter = reader.Text();
  return reader.ok();
}

bool Read(ByteReader& reader, TriggerState& state) {
  state.trigger = TriggerId(ReadNarrow(reader));
  state.low_water = reader.Varint();
  if (!ReadAll(reader, state.finished) || !ReadAll(reader, state.under_way)) return false;
  state.last_tick = Timestamp(reader.Fixed<std::int64_t>());
  state.durable_cache = reader.Text();
  return reader.ok();
}

bool Read(ByteReader& reader, TriggerGone& gone) {
  gone.trigger = TriggerId(ReadNarrow(reader));
  return reader.ok();
}

bool Read(ByteReader& reader, SegmentState::TableFlushed& table) {
  table.table = TableId(ReadNarrow(reader));
  table.flushed = reader.Varint();
  return reader.ok();
}

bool Read(ByteReader& reader, SegmentState& state) {
  state.next_sequence = reader.Varint();
  state.flushed = reader.Varint();
  return ReadAll(reader, state.triggers) && ReadAll(reader, state.tables);
}

bool Read(ByteReader& reader, CarriedRows& carried) {
  carried.original = reader.Varint();
  return Read(reader, carried.rows);
}

// The record, if the body is one of kind T and nothing follows it.
template <typename T>
std::shared_ptr<const Record> ReadBody(std::string_view body) {
  ByteReader reader(body);
  auto record = std::make_shared<Record>(std::in_place_type<T>);
  if (!Read(reader, std::get<T>(*record)) || reader.remaining() != 0) return nullptr;
  return record;
}

// nullptr: no such kind, or no such record.
std::shared_ptr<const Record> ReadBody(std::uint8_t kind, std::string_view body) {
  switch (static_cast<Kind>(kind)) {
    case Kind::kRows: return ReadBody<RowsRecord>(body);
    case Kind::kRunCommit: return ReadBody<RunCommit>(body);
    case Kind::kRunStarted: return ReadBody<RunStarted>(body);
    case Kind::kTriggerState: return ReadBody<TriggerState>(body);
    case Kind::kTriggerGone: return ReadBody<TriggerGone>(body);
    case Kind::kSegmentState: return ReadBody<SegmentState>(body);
    case Kind::kCarriedRows: return ReadBody<CarriedRows>(body);
  }
  return nullptr;
}

std::optional<std::string> Expand(ByteReader& reader) {
  const std::uint64_t plain_bytes = reader.Varint();
  if (!reader.ok() || plain_bytes > kRecordBytesMax) return std::nullopt;
  return Decompress(reader.Bytes(reader.remaining()), plain_bytes);
}

}  // namespace

bool TriggerState::operator==(const TriggerState& other) const {
  const auto same_start = [](const RunStarted& a, const RunStarted& b) {
    return std::tie(a.trigger, a.range, a.attempt) == std::tie(b.trigger, b.range, b.attempt);
  };
  return std::tie(trigger, low_water, finished, last_tick, durable_cache) ==
             std::tie(other.trigger, other.low_water, other.finished, other.last_tick,
                      other.durable_cache) &&
         std::equal(under_way.begin(), under_way.end(), other.under_way.begin(),
                    other.under_way.end(), same_start);
}

std::size_t EncodeRecord(const Record& record, std::string& out) {
  ByteWriter writer(out);
  writer.Fixed(static_cast<std::uint8_t>(KindOf(record)));
  const std::size_t flags_at = out.size();
  writer.Fixed(std::uint8_t{0});
  const std::size_t body_at = out.size();
  std::visit([&](const auto& body) { Write(writer, body); }, record);
  const std::size_t plain_bytes = out.size() - body_at;
  if (plain_bytes <= kCompressAboveBytes) return plain_bytes;

  std::string compressed;
  ByteWriter(compressed).Varint(plain_bytes);
  if (!AppendCompressed(std::string_view(out).substr(body_at), compressed)) return plain_bytes;
  out.replace(body_at, std::string::npos, compressed);
  out[flags_at] = kCompressed;
  return plain_bytes;
}

Result<std::shared_ptr<const Record>> DecodeRecord(std::string_view bytes) {
  ByteReader reader(bytes);
  const auto kind = reader.Fixed<std::uint8_t>();
  const auto flags = reader.Fixed<std::uint8_t>();
  if (!reader.ok() || flags > kCompressed) {
    return CorruptError(fmt::format("WAL record of {} bytes: not a record", bytes.size()));
  }
  std::shared_ptr<const Record> record;
  if (flags == kCompressed) {
    const auto plain = Expand(reader);
    if (plain) record = ReadBody(kind, *plain);
  } else {
    record = ReadBody(kind, reader.Bytes(reader.remaining()));
  }
  if (record == nullptr) {
    return CorruptError(fmt::format("WAL record of kind {} and {} bytes: not a record of that kind",
                                    kind, bytes.size()));
  }
  return record;
}

std::string_view RecordKindName(const Record& record) {
  constexpr std::array<std::string_view, 7> kNames = {
      "rows",         "run commit",    "run started", "trigger state",
      "trigger gone", "segment state", "carried rows"};
  return kNames[static_cast<std::size_t>(KindOf(record)) - 1];
}

}  // namespace tidemill::wal
