// docs/formats/wal.md is decoded here, byte for byte: the page and the code cannot drift apart.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "testing/doc_page.h"
#include "wal/group_frame.h"
#include "wal/records.h"
#include "wal/segment.h"
#include "wal/segment_reader.h"

namespace tidemill::wal {
namespace {

// The bytes of the page's ```hex block: lines of "offset  pairs of digits  what they are".
std::string BytesOfPage() {
  std::ifstream file = testing::OpenDocPage("formats/wal.md");
  std::string bytes;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) is_inside = line == "```hex";
    if (!is_inside || line.starts_with("```")) continue;
    EXPECT_EQ(std::stoul(line.substr(0, 4), nullptr, 16), bytes.size()) << line;
    std::istringstream pairs(line.substr(6, line.find("  ", 6) - 6));
    for (std::string pair; pairs >> pair;) {
      bytes.push_back(static_cast<char>(std::stoi(pair, nullptr, 16)));
    }
  }
  return bytes;
}

SegmentUuid ExampleUuid() {
  SegmentUuid uuid;
  for (std::size_t i = 0; i < uuid.size(); ++i) uuid[i] = static_cast<std::uint8_t>(0xa0 + i);
  return uuid;
}

SegmentHeader ExampleHeader() {
  return {.uuid = ExampleUuid(),
          .number = 3,
          .group_before = 40,
          .sequence_before = 99,
          .created = Timestamp(1'700'000'000'000'000'000)};
}

SegmentState ExampleState() {
  SegmentState state{.next_sequence = 100, .flushed = 60};
  state.triggers.push_back({.trigger = TriggerId(2), .low_water = 95, .finished = {{97, 98}}});
  state.tables.push_back({.table = TableId(7), .flushed = 80});
  return state;
}

// home,room=Kitchen temp=21.5 and home,room=Den ok=true, one second apart.
RowsRecord ExampleRows() {
  auto block = std::make_shared<columnar::RowBlock>();
  block->tags.push_back({.column = ColumnId(1), .values = {}});
  block->tags[0].values.Append("Kitchen");
  block->tags[0].values.Append("Den");
  block->series_codes = {1, 2};
  block->series_count = 2;
  block->row_series = {0, 1};
  block->times = {1'000'000'000, 2'000'000'000};
  block->fields.push_back({.column = ColumnId(2),
                           .type = model::DataType::kFloat64,
                           .valid = {1, 0},
                           .words = {0x4035800000000000, 0},
                           .strings = {}});
  block->fields.push_back({.column = ColumnId(3),
                           .type = model::DataType::kBool,
                           .valid = {0, 1},
                           .words = {0, 1},
                           .strings = {}});
  RowsRecord record{.database = DatabaseId(1),
                    .catalog_sequence = 12,
                    .received = Timestamp(1'700'000'000'000'000'000)};
  record.tables.push_back({.table = TableId(7), .rows = std::move(block)});
  return record;
}

std::string ExampleSegment() {
  std::string bytes = EncodeSegmentHeader(ExampleHeader());
  std::string record;
  EncodeRecord(ExampleState(), record);
  GroupFrameBuilder state;
  state.Add(record);
  bytes +=
      state.Seal({.segment = ExampleUuid(), .group = 40, .previous = 40, .first = 100, .last = 99});
  record.clear();
  EncodeRecord(ExampleRows(), record);
  GroupFrameBuilder group;
  group.Add(record);
  record.clear();
  EncodeRecord(RunStarted{.trigger = TriggerId(2), .range = {99, 100}, .attempt = 1}, record);
  group.Add(record);
  bytes += group.Seal(
      {.segment = ExampleUuid(), .group = 41, .previous = 40, .first = 100, .last = 101});
  return bytes;
}

std::string HexOf(std::string_view bytes) {
  std::ostringstream out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    char pair[4];
    std::snprintf(pair, sizeof pair, "%02x ", static_cast<unsigned char>(bytes[i]));
    out << pair << (i % 16 == 15 ? "\n" : "");
  }
  return out.str();
}

TEST(Format, PageIsWhatTheCodeWrites) { EXPECT_EQ(HexOf(BytesOfPage()), HexOf(ExampleSegment())); }

TEST(Format, PageIsReadAsTheRecordsItDescribes) {
  const std::string bytes = BytesOfPage();
  const auto header = DecodeSegmentHeader(bytes, "page");
  ASSERT_TRUE(header.ok()) << header.error().message;
  EXPECT_EQ(*header, ExampleHeader());

  const auto frame_at = [&](std::size_t offset) {
    const auto frame = PeekGroupHeader(std::string_view(bytes).substr(offset));
    EXPECT_TRUE(frame.has_value());
    return Frame{.header = *frame,
                 .offset = offset,
                 .bytes = bytes.substr(offset, kGroupHeaderBytes + frame->body_bytes)};
  };
  const Frame state = frame_at(kSegmentHeaderBytes);
  ASSERT_TRUE(IsFrameIntact(state.bytes));
  EXPECT_TRUE(state.header.holds_state());

  const Frame group = frame_at(state.end());
  ASSERT_TRUE(IsFrameIntact(group.bytes));
  EXPECT_EQ(group.end(), bytes.size());
  const auto records = DecodeFrame(group, 0, 1 << 20);
  ASSERT_TRUE(records.ok()) << records.error().message;
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].sequence, 100u);
  const auto& rows = std::get<RowsRecord>(*(*records)[0].record);
  ASSERT_EQ(rows.tables.size(), 1u);
  EXPECT_EQ(rows.tables[0].rows->tags[0].values[1], "Den");
  EXPECT_EQ(rows.tables[0].rows->times[1], 2'000'000'000);
  EXPECT_EQ((*records)[1].sequence, 101u);
  EXPECT_EQ(std::get<RunStarted>(*(*records)[1].record).range, (SequenceRange{99, 100}));
}

TEST(Format, SegmentNamesAreTwentyDigits) {
  EXPECT_EQ(SegmentFileName(42), "00000000000000000042.wal");
  EXPECT_EQ(ParseSegmentFileName("00000000000000000042.wal"), 42u);
  for (const char* name : {"", "42.wal", "00000000000000000042", "00000000000000000000.wal",
                           "0000000000000000004x.wal", "99999999999999999999.wal", "reserve",
                           "00000000000000000042.wal.tmp"}) {
    EXPECT_EQ(ParseSegmentFileName(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace tidemill::wal
