#include "plugin_host/messages.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "plugin_host/payload.h"
#include "testing/seeded_random.h"

namespace tidemill::plugin_host {
namespace {

// Builds a payload as a worker would.
struct Bytes {
  std::string bytes;
  PayloadWriter out{bytes};
  Bytes& Text(std::string_view text) {
    out.Text(text);
    return *this;
  }
  template <typename T>
  Bytes& Fixed(T value) {
    out.Fixed(value);
    return *this;
  }
};

using U8 = std::uint8_t;
using U32 = std::uint32_t;
using I32 = std::int32_t;

std::string Finished(U8 outcome, std::string_view error, I32 status, std::string_view header,
                     std::string_view value) {
  Bytes b;
  b.Fixed(outcome).Text(error).Text("").Fixed(U32{1}).Text("d").Text("m v=1");
  b.Fixed(U8{1}).Fixed(status).Fixed(U32{1}).Text(header).Text(value).Text("body");
  return b.bytes;
}

void ExpectBad(FrameType type, const std::string& payload) {
  const auto message = DecodeWorkerMessage(type, payload);
  ASSERT_FALSE(message.ok());
  EXPECT_EQ(message.error().code, ErrorCode::kCorrupt);
}

TEST(Messages, AFinishedRunIsReadWhole) {
  const auto message = DecodeWorkerMessage(FrameType::kFinished, Finished(0, "", 201, "A-B", "c"));
  ASSERT_TRUE(message.ok()) << message.error().message;
  const engine::RunResult& result = std::get<FinishedMessage>(*message).result;
  EXPECT_EQ(result.outcome, engine::RunOutcome::kOk);
  ASSERT_EQ(result.outputs.size(), 1u);
  EXPECT_EQ(result.outputs[0].database, "d");
  EXPECT_EQ(result.outputs[0].lines, "m v=1");
  ASSERT_TRUE(result.answer.has_value());
  EXPECT_EQ(result.answer->status, 201);
  EXPECT_EQ(result.answer->body, "body");
  EXPECT_EQ(result.answer->headers.at(0).first, "A-B");
}

TEST(Messages, EveryTruncationAndEveryByteMoreIsRefused) {
  const std::string good = Finished(0, "", 200, "A", "b");
  for (std::size_t size = 0; size < good.size(); ++size) {
    SCOPED_TRACE(size);
    ExpectBad(FrameType::kFinished, good.substr(0, size));
  }
  ExpectBad(FrameType::kFinished, good + std::string(1, '\0'));
}

TEST(Messages, ContradictionsAreRefused) {
  ExpectBad(FrameType::kFinished, Finished(3, "", 200, "A", "b"));
  ExpectBad(FrameType::kFinished, Finished(0, "an error", 200, "A", "b"));
  ExpectBad(FrameType::kFinished, Finished(1, "", 200, "A", "b"));
  ExpectBad(FrameType::kFinished, Finished(1, "an error with outputs", 200, "A", "b"));
  ExpectBad(FrameType::kFinished, Finished(0, "", 99, "A", "b"));
  ExpectBad(FrameType::kFinished, Finished(0, "", 1000, "A", "b"));
}

TEST(Messages, HeadersThatWouldSplitAnAnswerAreRefused) {
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"A", "b\r\nC: d"}, {"A\n", "b"}, {"", "b"}, {"A: x", "b"}, {"A", std::string("\0", 1)}})
    ExpectBad(FrameType::kFinished, Finished(0, "", 200, name, value));
}

TEST(Messages, TextsMustBeUtf8) {
  ExpectBad(FrameType::kQuery, Bytes().Text("\xff").Fixed(U32{0}).Text("").bytes);
  ExpectBad(FrameType::kLog, Bytes().Fixed(U8{0}).Text("\xc3").bytes);
  ExpectBad(FrameType::kWriteSync, Bytes().Text("").Text("\xed\xa0\x80").Fixed(U8{0}).bytes);
}

TEST(Messages, NumbersMustBeInRange) {
  ExpectBad(FrameType::kLog, Bytes().Fixed(U8{3}).Text("x").bytes);
  ExpectBad(FrameType::kWriteSync, Bytes().Text("").Text("").Fixed(U8{2}).bytes);
  for (const double ttl : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()})
    ExpectBad(FrameType::kCachePut, Bytes().Text("k").Fixed(U8{1}).Fixed(ttl).Text("v").bytes);
}

TEST(Messages, CountsThatCannotBeTrueAllocateNothing) {
  ExpectBad(FrameType::kQuery, Bytes().Text("q").Fixed(U32{0xffffffff}).bytes);
}

TEST(Messages, RandomBytesNeverDoMoreThanFail) {
  testing::SeededRandom random(7);
  const std::string good = Finished(0, "", 200, "A", "b");
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (int k = 0; k < 3; ++k)
      bytes[random.Next() % bytes.size()] = static_cast<char>(random.Next());
    const auto type = static_cast<FrameType>(16 + random.Next() % 8);
    (void)DecodeWorkerMessage(type, bytes).ok();
  }
}

}  // namespace
}  // namespace tidemill::plugin_host
