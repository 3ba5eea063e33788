#include "plugin_host/frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "plugin_host/messages.h"

namespace tidemill::plugin_host {
namespace {

using ::testing::HasSubstr;

// The first block of docs/formats/worker_protocol.md that is fenced as `label`.
std::string DocumentedBytes(const std::string& label) {
  std::ifstream file(TIDEMILL_DOCS_DIR "/formats/worker_protocol.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string fence = "```" + label + "\n";
  const std::size_t begin = text.str().find(fence) + fence.size();
  const std::string block = text.str().substr(begin, text.str().find("```", begin) - begin);
  std::string bytes;
  std::string digits;
  for (const char c : block) {
    if (!std::isxdigit(static_cast<unsigned char>(c))) continue;
    digits.push_back(c);
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<char>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

FrameHead ExampleHead() {
  FrameHead head;
  head.type = FrameType::kFinished;
  head.run = 3;
  head.call = 9;
  head.payload_bytes = 5;
  return head;
}

std::string PacketOf(const FrameHead& head, std::string_view payload) {
  const auto bytes = EncodeHead(head);
  return std::string(bytes.data(), bytes.size()) + std::string(payload);
}

void ExpectBad(const std::string& packet, const std::string& reason) {
  const auto head = DecodeHead(packet);
  ASSERT_FALSE(head.ok()) << reason;
  EXPECT_EQ(head.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(head.error().message, HasSubstr(reason));
}

TEST(Frames, TheDocumentedFrameIsRead) {
  const std::string packet = DocumentedBytes("hex");
  const auto head = DecodeHead(packet);
  ASSERT_TRUE(head.ok()) << head.error().message;
  FrameHead expected;
  expected.type = FrameType::kQuery;
  expected.run = 1;
  expected.call = 2;
  expected.payload_bytes = packet.size() - kFrameHeadBytes;
  EXPECT_EQ(*head, expected);
  EXPECT_EQ(PacketOf(*head, std::string_view(packet).substr(kFrameHeadBytes)), packet);

  const auto message =
      DecodeWorkerMessage(head->type, std::string_view(packet).substr(kFrameHeadBytes));
  ASSERT_TRUE(message.ok()) << message.error().message;
  const auto& query = std::get<QueryMessage>(*message);
  EXPECT_EQ(query.sql, "SELECT 1");
  EXPECT_EQ(query.parameters, (std::map<std::string, std::string>{{"a", "x"}}));
  EXPECT_EQ(query.database, "other");
}

TEST(Frames, TheDocumentedTablesAreWritten) {
  auto block = std::make_shared<columnar::RowBlock>();
  block->tags.resize(1);
  block->tags[0].values.Append("a");
  block->series_codes = {1};
  block->series_count = 1;
  block->row_series = {0};
  block->times = {500};
  block->fields.resize(1);
  block->fields[0].words = {std::bit_cast<std::uint64_t>(0.5)};
  engine::TableBatch table;
  table.table_name = "cpu";
  table.schema_columns = {"host", "usage"};
  table.blocks.push_back({block, {"host"}, {"usage"}});

  engine::RunRequest request;
  auto trigger = std::make_shared<model::Trigger>();
  trigger->plugin_filename = "12345";  // the tables begin at a multiple of 8 with it
  request.trigger = trigger;
  request.call = engine::WriteCall{{table}};
  std::string bytes = EncodeRun(request, {});
  const std::string tables = DocumentedBytes("hex tables");
  ASSERT_GE(bytes.size(), tables.size());
  EXPECT_EQ((bytes.size() - tables.size()) % 8, 0u) << "the example does not begin aligned";
  EXPECT_EQ(bytes.substr(bytes.size() - tables.size()), tables);
}

TEST(Frames, HeadsAreReadBack) {
  FrameHead head = ExampleHead();
  ASSERT_TRUE(DecodeHead(PacketOf(head, "12345")).ok());
  EXPECT_EQ(*DecodeHead(PacketOf(head, "12345")), head);
  head.payload_is_shared = true;
  head.payload_bytes = kPayloadBytesMax;
  ASSERT_TRUE(DecodeHead(PacketOf(head, "")).ok());
  EXPECT_EQ(*DecodeHead(PacketOf(head, "")), head);
}

TEST(Frames, EveryFieldOfAHeadIsChecked) {
  const std::string good = PacketOf(ExampleHead(), "12345");
  for (std::size_t size = 0; size < good.size(); ++size) {
    SCOPED_TRACE(size);
    EXPECT_FALSE(DecodeHead(good.substr(0, size)).ok());
  }
  ExpectBad(good + "6", "frame says 37 bytes, its packet has 38");
  const auto with = [&](std::size_t at, char byte) {
    std::string packet = good;
    packet[at] = byte;
    return packet;
  };
  ExpectBad(with(4, 2), "frame of protocol 2, expected 1");
  ExpectBad(with(5, 1), "unknown type 1");  // what only the server sends
  ExpectBad(with(5, 24), "unknown type 24");
  ExpectBad(with(6, 2), "flags 0x2");
  ExpectBad(with(6, 1), "announces 0 bytes of payload, 5 are in its packet");
  ExpectBad(with(24, 6), "announces 6 bytes of payload, 5 are in its packet");
  ExpectBad(with(31, 1), "at most 1073741824 are allowed");
}

TEST(Frames, LargePayloadsGoIntoSharedMemory) {
  auto small = Payload::From(std::string(kInlineBytesMax, 'x'));
  ASSERT_TRUE(small.ok());
  EXPECT_FALSE(small->is_shared());
  EXPECT_EQ(small->bytes().size(), kInlineBytesMax);
  auto large = Payload::From(std::string(kInlineBytesMax + 1, 'x'));
  ASSERT_TRUE(large.ok());
  EXPECT_TRUE(large->is_shared());
  EXPECT_EQ(large->size(), kInlineBytesMax + 1);
}

}  // namespace
}  // namespace tidemill::plugin_host
