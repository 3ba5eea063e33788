#include "base/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "testing/seeded_random.h"

namespace tidemill {
namespace {

constexpr std::size_t kMiB = 1 << 20;

// Gzip as another program writes it, at any level, with a name in its header.
std::string GzipByZlib(std::string_view plain, int level, bool with_name) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  gz_header header{};
  std::string name = "metrics.lp";
  header.name = reinterpret_cast<Bytef*>(name.data());
  if (with_name) {
    EXPECT_EQ(::deflateSetHeader(&stream, &header), Z_OK);
  }
  std::string out(::deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::string GunzipByZlib(std::string_view compressed, std::size_t size) {
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(size + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::inflateEnd(&stream);
  return out;
}

std::string RandomBytes(testing::SeededRandom& random, std::size_t size) {
  std::string out;
  while (out.size() < size) out.push_back(static_cast<char>(random.Next()));
  return out;
}

std::string Lines(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += "cpu,host=h" + std::to_string(i % 40) + " usage=" + std::to_string(i * 7919 % 1'000) +
           "i " + std::to_string(1'700'000'000 + i) + "\n";
  return out;
}

std::vector<std::string> Samples() {
  testing::SeededRandom random;
  return {"",
          "x",
          Lines(1),
          Lines(5'000),
          std::string(3 * kMiB, 'a'),
          RandomBytes(random, 100),
          RandomBytes(random, 64 << 10),
          RandomBytes(random, kMiB + 3)};
}

void ExpectError(std::string_view compressed, std::string_view message) {
  const auto plain = Gunzip(compressed, 10 * kMiB);
  ASSERT_FALSE(plain.ok());
  EXPECT_EQ(plain.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(plain.error().message, message);
}

TEST(Gzip, ReadsWhatItWrites) {
  for (const std::string& plain : Samples()) {
    const auto read = Gunzip(Gzip(plain), plain.size());
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_TRUE(*read == plain) << plain.size() << " bytes";
  }
}

TEST(Gzip, WritesWhatOthersRead) {
  for (const std::string& plain : Samples())
    EXPECT_TRUE(GunzipByZlib(Gzip(plain), plain.size()) == plain) << plain.size() << " bytes";
}

TEST(Gzip, ReadsWhatOthersWrite) {
  for (const std::string& plain : Samples())
    for (const int level : {0, 1, 6, 9})
      for (const bool with_name : {false, true}) {
        const auto read = Gunzip(GzipByZlib(plain, level, with_name), plain.size());
        ASSERT_TRUE(read.ok()) << read.error().message;
        EXPECT_TRUE(*read == plain) << plain.size() << " bytes, level " << level;
      }
}

TEST(Gzip, ReadsSeveralMembersAsOne) {
  testing::SeededRandom random(3);
  for (int round = 0; round < 300; ++round) {
    std::string plain;
    std::string compressed;
    for (std::uint64_t members = 1 + random.Next() % 5; members > 0; --members) {
      const std::string part = random.Next() % 2 == 0 ? Lines(random.Next() % 50)
                                                      : RandomBytes(random, random.Next() % 300);
      plain += part;
      compressed += random.Next() % 2 == 0
                        ? Gzip(part)
                        : GzipByZlib(part, static_cast<int>(random.Next() % 10), true);
    }
    const auto read = Gunzip(compressed, plain.size());
    ASSERT_TRUE(read.ok()) << read.error().message << " in round " << round;
    ASSERT_TRUE(*read == plain) << round;
  }
}

TEST(Gzip, StopsAtTheLimitWhileInflating) {
  const std::string bomb = Gzip(std::string(100 * kMiB, '\0'));
  ASSERT_LT(bomb.size(), kMiB);
  const auto plain = Gunzip(bomb, kMiB);
  ASSERT_FALSE(plain.ok());
  EXPECT_EQ(plain.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(plain.error().message, "gzip stream is larger than 1048576 bytes when decoded");
}

TEST(Gzip, CountsTheMembersOfABombTogether) {
  std::string bomb;
  for (int i = 0; i < 100; ++i) bomb += Gzip(std::string(100 << 10, 'x'));
  EXPECT_EQ(Gunzip(bomb, kMiB).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(Gunzip(bomb, 100 * (100 << 10)).value().size(), 100u * (100 << 10));
}

TEST(Gzip, AllowsExactlyTheLimit) {
  for (const std::size_t size : {1u, 100u, 64u << 10, (64u << 10) + 1, 1u << 20}) {
    const std::string compressed = Gzip(std::string(size, 'x'));
    EXPECT_TRUE(Gunzip(compressed, size).ok()) << size;
    EXPECT_EQ(Gunzip(compressed, size - 1).error().code, ErrorCode::kTooLarge) << size;
  }
  EXPECT_TRUE(Gunzip(Gzip(""), 0).ok());
  EXPECT_TRUE(Gunzip(Gzip("x"), SIZE_MAX).ok());
}

TEST(Gzip, DoesNotBelieveTheLengthInTheTrailer) {
  std::string lie = Gzip(Lines(100));
  lie[lie.size() - 1] = '\x7f';
  ExpectError(lie, "error decoding gzip stream: checksum or length does not match the content");
}

TEST(Gzip, RefusesEveryTruncation) {
  const std::string whole = GzipByZlib(Lines(20), 6, true);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    ExpectError(whole.substr(0, size), "error decoding gzip stream: unexpected end of the stream");
  }
  // A second member that is cut off counts too.
  ExpectError(whole + whole.substr(0, 30),
              "error decoding gzip stream: unexpected end of the stream");
}

TEST(Gzip, RefusesOtherBytes) {
  ExpectError("cpu,host=a usage=1 1700000000", "error decoding gzip stream: invalid gzip header");
  ExpectError(Gzip("x") + "trailing garbage", "error decoding gzip stream: invalid gzip header");
  std::string wrong_crc = Gzip("some text");
  wrong_crc[wrong_crc.size() - 8] ^= 1;
  ExpectError(wrong_crc,
              "error decoding gzip stream: checksum or length does not match the content");
}

TEST(Gzip, SurvivesFlippedBits) {
  const std::string plain = Lines(50);
  const std::string whole = Gzip(plain);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const auto read = Gunzip(flipped, kMiB);
    // Some bits of the header mean nothing; any other is noticed.
    if (read.ok()) {
      EXPECT_TRUE(bit / 8 < 10 && *read == plain) << bit;
    }
  }
}

}  // namespace
}  // namespace tidemill
