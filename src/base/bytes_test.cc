#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace tidemill {
namespace {

TEST(Bytes, ReadsBackWhatWasWritten) {
  std::string record;
  ByteWriter writer(record);
  const std::vector<std::int32_t> numbers = {1, -2, 3};
  writer.Fixed(std::uint16_t{0xbeef});
  writer.Fixed(-1.5);
  writer.Text("text");
  writer.Text("");
  writer.Array(std::span<const std::int32_t>(numbers));

  ByteReader reader(record);
  EXPECT_EQ(reader.Fixed<std::uint16_t>(), 0xbeef);
  EXPECT_EQ(reader.Fixed<double>(), -1.5);
  EXPECT_EQ(reader.Text(), "text");
  EXPECT_EQ(reader.Text(), "");
  std::vector<std::int32_t> read;
  EXPECT_TRUE(reader.Array<std::int32_t>(3, read));
  EXPECT_EQ(read, numbers);
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_TRUE(reader.ok());
}

TEST(Bytes, IsLittleEndian) {
  std::string record;
  ByteWriter(record).Fixed(std::uint32_t{0x01020304});
  EXPECT_EQ(record, "\x04\x03\x02\x01");
}

TEST(Bytes, VarintTakesAsFewBytesAsItNeeds) {
  const struct {
    std::uint64_t value;
    std::size_t bytes;
  } cases[] = {{0, 1}, {127, 1}, {128, 2}, {16'383, 2}, {16'384, 3}, {UINT64_MAX, 10}};
  for (const auto& [value, bytes] : cases) {
    std::string record;
    ByteWriter(record).Varint(value);
    EXPECT_EQ(record.size(), bytes) << value;
    ByteReader reader(record);
    EXPECT_EQ(reader.Varint(), value);
    EXPECT_TRUE(reader.ok());
  }
}

TEST(Bytes, ReaderThatRanOutStaysBad) {
  ByteReader reader("abc");
  EXPECT_EQ(reader.Fixed<std::uint32_t>(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.Fixed<std::uint8_t>(), 0u) << "although a byte is there";
  EXPECT_EQ(reader.Bytes(1), "");
  EXPECT_FALSE(reader.ok());
}

TEST(Bytes, ReaderDoesNotBelieveLengths) {
  std::string record;
  ByteWriter(record).Varint(UINT64_MAX);
  ByteReader text(record);
  EXPECT_EQ(text.Text(), "");
  EXPECT_FALSE(text.ok());

  std::vector<std::uint64_t> into;
  ByteReader array("12345678");
  EXPECT_FALSE(array.Array<std::uint64_t>(std::numeric_limits<std::uint64_t>::max() / 4, into));
  EXPECT_TRUE(into.empty());
  EXPECT_FALSE(array.ok());

  ByteReader endless(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11));
  endless.Varint();
  EXPECT_FALSE(endless.ok());
}

}  // namespace
}  // namespace tidemill
