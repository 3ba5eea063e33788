#include "wal/row_codec.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"

namespace tidemill::wal {
namespace {

using columnar::FieldColumn;
using columnar::RowBlock;
using columnar::StringColumn;
using columnar::TagColumn;
using model::DataType;

std::uint64_t ZigZag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t UnZigZag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

// A tagless block has one series; more could not be paid for by the bytes of the record.
bool IsSeriesCountPlausible(const RowBlock& block) {
  return !block.tags.empty() || block.series_count <= std::max<std::size_t>(1, block.rows());
}

// ---- Columns out

// Many numbers in a row go through a small buffer: one append per kilobyte, not one per byte.
template <typename ValueAt>
void WriteVarints(ByteWriter& writer, std::size_t count, ValueAt value_at) {
  constexpr std::size_t kVarintBytesMax = 10;
  std::array<char, 1024> buffer;
  std::size_t used = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (used + kVarintBytesMax > buffer.size()) {
      writer.Array(std::span<const char>(buffer.data(), used));
      used = 0;
    }
    std::uint64_t value = value_at(i);
    for (; value >= 0x80; value >>= 7) buffer[used++] = static_cast<char>(value | 0x80);
    buffer[used++] = static_cast<char>(value);
  }
  writer.Array(std::span<const char>(buffer.data(), used));
}

// One bit a value, lowest first; the rest of the last byte is zero.
template <typename BitAt>
void WriteBits(ByteWriter& writer, std::size_t count, BitAt bit_at) {
  std::vector<std::uint8_t> bytes((count + 7) / 8);
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] | ((bit_at(i) ? 1U : 0U) << (i % 8)));
  }
  writer.Array(std::span<const std::uint8_t>(bytes));
}

void WriteStrings(ByteWriter& writer, const StringColumn& strings) {
  WriteVarints(writer, strings.size(), [&](std::size_t i) { return strings[i].size(); });
  writer.Array(std::span<const char>(strings.bytes));
}

void WriteTimes(ByteWriter& writer, const std::vector<std::int64_t>& times) {
  std::uint64_t last = 0;  // unsigned: a step may wrap, and wraps back when it is read
  WriteVarints(writer, times.size(), [&](std::size_t i) {
    const auto time = static_cast<std::uint64_t>(times[i]);
    return ZigZag(static_cast<std::int64_t>(time - std::exchange(last, time)));
  });
}

// The words of the rows that have a value, close together.
std::vector<std::uint64_t> PresentWords(const FieldColumn& field) {
  std::vector<std::uint64_t> words;
  words.reserve(field.words.size());
  for (std::size_t row = 0; row < field.words.size(); ++row) {
    if (field.HasValue(row)) words.push_back(field.words[row]);
  }
  return words;
}

void WriteNumbers(ByteWriter& writer, DataType type, const std::vector<std::uint64_t>& words) {
  switch (type) {
    case DataType::kInt64:
      return WriteVarints(writer, words.size(), [&](std::size_t i) {
        return ZigZag(static_cast<std::int64_t>(words[i]));
      });
    case DataType::kUInt64:
      return WriteVarints(writer, words.size(), [&](std::size_t i) { return words[i]; });
    case DataType::kFloat64: return writer.Array(std::span<const std::uint64_t>(words));
    case DataType::kBool:
      return WriteBits(writer, words.size(), [&](std::size_t i) { return words[i] != 0; });
    case DataType::kString:
    case DataType::kTimestamp: break;
  }
  CHECK(false) << "a field of numbers has type " << static_cast<int>(type);
}

void WriteField(ByteWriter& writer, const FieldColumn& field) {
  writer.Varint(field.column.value());
  writer.Fixed(static_cast<std::uint8_t>(field.type));
  const bool has_absent = !field.valid.empty();
  writer.Fixed(static_cast<std::uint8_t>(has_absent));
  if (has_absent) {
    WriteBits(writer, field.valid.size(), [&](std::size_t i) { return field.valid[i] != 0; });
  }
  if (field.type == DataType::kString) return WriteStrings(writer, field.strings);
  if (!has_absent) return WriteNumbers(writer, field.type, field.words);
  WriteNumbers(writer, field.type, PresentWords(field));
}

void WriteBlock(ByteWriter& writer, const RowBlock& block) {
  CHECK(columnar::IsConsistent(block) && IsSeriesCountPlausible(block))
      << "rows for the WAL do not agree with themselves";
  writer.Varint(block.rows());
  writer.Varint(block.tags.size());
  for (const TagColumn& tag : block.tags) {
    writer.Varint(tag.column.value());
    writer.Varint(tag.values.size());
    WriteStrings(writer, tag.values);
  }
  writer.Varint(block.series_count);
  WriteVarints(writer, block.series_codes.size(),
               [&](std::size_t i) { return block.series_codes[i]; });
  WriteVarints(writer, block.rows(), [&](std::size_t i) { return block.row_series[i]; });
  WriteTimes(writer, block.times);
  writer.Varint(block.fields.size());
  for (const FieldColumn& field : block.fields) WriteField(writer, field);
}

// ---- Columns in

// A number that must fit 32 bits.
std::uint32_t ReadNarrow(ByteReader& reader) {
  const std::uint64_t value = reader.Varint();
  if (value > std::numeric_limits<std::uint32_t>::max()) reader.Fail();
  return static_cast<std::uint32_t>(value);
}

// A number of things that each take at least `bytes_each` bytes of what is left.
std::uint64_t ReadCount(ByteReader& reader, std::uint64_t bytes_each = 1) {
  const std::uint64_t count = reader.Varint();
  if (count > reader.remaining() / bytes_each) reader.Fail();
  return reader.ok() ? count : 0;
}

void ReadNarrows(ByteReader& reader, std::uint64_t count, std::vector<std::uint32_t>& into) {
  if (count > reader.remaining()) reader.Fail();
  if (!reader.ok()) return;
  into.resize(count);
  for (std::uint32_t& value : into) value = ReadNarrow(reader);
}

// One byte a bit.
std::vector<std::uint8_t> ReadBits(ByteReader& reader, std::size_t count) {
  const std::string_view bytes = reader.Bytes((count + 7) / 8);
  if (!reader.ok()) return {};
  const auto bit = [&](std::size_t i) { return (bytes[i / 8] >> (i % 8)) & 1; };
  std::vector<std::uint8_t> bits(count);
  for (std::size_t i = 0; i < count; ++i) bits[i] = static_cast<std::uint8_t>(bit(i));
  for (std::size_t i = count; i < bytes.size() * 8; ++i) {
    if (bit(i) != 0) reader.Fail();
  }
  return bits;
}

void ReadStrings(ByteReader& reader, std::uint64_t count, StringColumn& into) {
  if (count > reader.remaining()) reader.Fail();
  if (!reader.ok()) return;
  into.ends.resize(count);
  std::uint64_t end = 0;
  for (std::uint32_t& string_end : into.ends) {
    end += ReadNarrow(reader);
    if (end > std::numeric_limits<std::uint32_t>::max()) reader.Fail();
    if (!reader.ok()) return;
    string_end = static_cast<std::uint32_t>(end);
  }
  into.bytes = reader.Bytes(end);
}

void ReadTimes(ByteReader& reader, std::vector<std::int64_t>& into) {
  std::uint64_t time = 0;
  for (std::int64_t& value : into) {
    time += static_cast<std::uint64_t>(UnZigZag(reader.Varint()));
    value = static_cast<std::int64_t>(time);
  }
}

void ReadNumbers(ByteReader& reader, DataType type, std::size_t count,
                 std::vector<std::uint64_t>& words) {
  if (type == DataType::kFloat64) {
    reader.Array<std::uint64_t>(count, words);
    return;
  }
  if (type == DataType::kBool) {
    const std::vector<std::uint8_t> bits = ReadBits(reader, count);
    words.assign(bits.begin(), bits.end());
    return;
  }
  if (count > reader.remaining()) reader.Fail();
  if (!reader.ok()) return;
  words.resize(count);
  for (std::uint64_t& word : words) {
    const std::uint64_t value = reader.Varint();
    word = type == DataType::kInt64 ? static_cast<std::uint64_t>(UnZigZag(value)) : value;
  }
}

// Puts the values that are there back to their rows; the other rows get 0.
std::vector<std::uint64_t> Spread(const std::vector<std::uint64_t>& present,
                                  const std::vector<std::uint8_t>& valid) {
  std::vector<std::uint64_t> words(valid.size());
  auto next = present.begin();
  for (std::size_t row = 0; row < valid.size(); ++row) {
    if (valid[row] != 0) words[row] = *next++;
  }
  return words;
}

void ReadField(ByteReader& reader, std::size_t rows, FieldColumn& field) {
  field.column = ColumnId(ReadNarrow(reader));
  const auto type = reader.Fixed<std::uint8_t>();
  if (type > static_cast<std::uint8_t>(DataType::kBool)) return reader.Fail();
  field.type = static_cast<DataType>(type);
  const auto has_absent = reader.Fixed<std::uint8_t>();
  if (has_absent > 1) return reader.Fail();
  if (has_absent != 0) field.valid = ReadBits(reader, rows);
  if (!reader.ok()) return;
  if (field.type == DataType::kString) return ReadStrings(reader, rows, field.strings);
  if (has_absent == 0) return ReadNumbers(reader, field.type, rows, field.words);
  const auto present = std::count(field.valid.begin(), field.valid.end(), 1);
  std::vector<std::uint64_t> words;
  ReadNumbers(reader, field.type, static_cast<std::size_t>(present), words);
  if (reader.ok()) field.words = Spread(words, field.valid);
}

void ReadTags(ByteReader& reader, RowBlock& block) {
  const std::uint64_t tags = ReadCount(reader, 2);
  for (std::uint64_t i = 0; i < tags && reader.ok(); ++i) {
    TagColumn& tag = block.tags.emplace_back();
    tag.column = ColumnId(ReadNarrow(reader));
    const std::uint64_t values = ReadCount(reader);
    ReadStrings(reader, values, tag.values);
  }
}

void ReadSeries(ByteReader& reader, RowBlock& block) {
  block.series_count = ReadNarrow(reader);
  if (block.tags.empty()) return;
  if (block.series_count > reader.remaining() / block.tags.size()) return reader.Fail();
  ReadNarrows(reader, block.series_count * block.tags.size(), block.series_codes);
}

bool ReadBlock(ByteReader& reader, RowBlock& block) {
  const std::uint64_t rows = ReadCount(reader, 2);
  ReadTags(reader, block);
  ReadSeries(reader, block);
  ReadNarrows(reader, rows, block.row_series);
  if (rows > reader.remaining()) reader.Fail();
  if (!reader.ok()) return false;
  block.times.resize(rows);
  ReadTimes(reader, block.times);
  const std::uint64_t fields = ReadCount(reader, 3);
  for (std::uint64_t i = 0; i < fields && reader.ok(); ++i) {
    ReadField(reader, rows, block.fields.emplace_back());
  }
  return reader.ok() && columnar::IsConsistent(block) && IsSeriesCountPlausible(block);
}

}  // namespace

void EncodeRows(const RowsRecord& record, ByteWriter& writer) {
  writer.Varint(record.database.value());
  writer.Varint(record.catalog_sequence);
  writer.Varint(record.origin.value());
  writer.Fixed(record.depth);
  writer.Fixed(record.received.nanos());
  writer.Varint(record.tables.size());
  for (const TableRows& table : record.tables) {
    CHECK(table.rows != nullptr) << "a table in a rows record without rows";
    writer.Varint(table.table.value());
    WriteBlock(writer, *table.rows);
  }
}

bool DecodeRows(ByteReader& reader, RowsRecord& record) {
  record.database = DatabaseId(ReadNarrow(reader));
  record.catalog_sequence = reader.Varint();
  record.origin = TriggerId(ReadNarrow(reader));
  record.depth = reader.Fixed<std::uint8_t>();
  record.received = Timestamp(reader.Fixed<std::int64_t>());
  const std::uint64_t tables = ReadCount(reader, 5);
  for (std::uint64_t i = 0; i < tables && reader.ok(); ++i) {
    TableRows& table = record.tables.emplace_back();
    table.table = TableId(ReadNarrow(reader));
    auto block = std::make_shared<RowBlock>();
    if (!ReadBlock(reader, *block)) return false;
    table.rows = std::move(block);
  }
  return reader.ok();
}

}  // namespace tidemill::wal
