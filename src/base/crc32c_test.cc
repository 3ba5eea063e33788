#include "base/crc32c.h"

#include <gtest/gtest.h>

#include "testing/seeded_random.h"

namespace tidemill {
namespace {

// The definition, bit by bit: reflected polynomial 0x82f63b78, inverted before and after.
std::uint32_t BitwiseCrc32c(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
  }
  return ~crc;
}

TEST(Crc32c, MatchesTheKnownValues) {
  EXPECT_EQ(Crc32c(std::string_view("123456789")), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string_view("")), 0u);
  // RFC 3720, appendix B.4.
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc32c, MatchesTheDefinitionAtEveryLengthAndAlignment) {
  testing::SeededRandom random;
  std::string bytes;
  for (int i = 0; i < 5'000; ++i) bytes.push_back(static_cast<char>(random.Next()));
  for (std::size_t length = 0; length < 300; ++length) {
    const auto part = std::string_view(bytes).substr(length % 17, length);
    ASSERT_EQ(Crc32c(part), BitwiseCrc32c(part)) << length;
  }
  EXPECT_EQ(Crc32c(bytes), BitwiseCrc32c(bytes));
}

TEST(Crc32c, ContinuesFromAnEarlierPart) {
  const std::string_view text = "so that a record can be summed where it lies";
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    EXPECT_EQ(Crc32c(text.substr(cut), Crc32c(text.substr(0, cut))), Crc32c(text)) << cut;
}

}  // namespace
}  // namespace tidemill
