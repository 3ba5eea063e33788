#include "storage/block_sums.h"

#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "testing/doc_page.h"

namespace tidemill::storage {
namespace {

TEST(BlockSums, HaveTheDocumentedBytes) {
  const BlockSums sums{70'000, {0x11111111, 0x22222222}};
  const std::string documented = testing::HexExampleOn("formats/parquet_layout.md");
  const auto decoded = DecodeBlockSums(documented);
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(*decoded, sums);
  EXPECT_EQ(EncodeBlockSums(sums), documented);
}

TEST(BlockSums, ComeBackAsTheyWereAndEveryFlippedBitIsFound) {
  const BlockSums sums{3 * BlockSums::kBlockBytes + 1, {1, 2, 3, 4}};
  const std::string bytes = EncodeBlockSums(sums);
  const auto decoded = DecodeBlockSums(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, sums);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeBlockSums(damaged).ok()) << "bit " << bit;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeBlockSums(bytes.substr(0, size)).ok()) << size << " bytes";
  }
}

TEST(BlockSums, AreOfEachBlockTheLastOneBeingShort) {
  for (const std::size_t size : {0UL, 1UL, 65'535UL, 65'536UL, 65'537UL, 200'000UL}) {
    SCOPED_TRACE(size);
    const auto store = objectstore::MakeMemoryStore();
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 % 251);
    ASSERT_TRUE(store->Put("x", bytes).ok());
    const auto sums = ComputeBlockSums(*store, "x");
    ASSERT_TRUE(sums.ok()) << sums.error().message;
    EXPECT_EQ(sums->object_bytes, size);
    ASSERT_EQ(sums->sums.size(), (size + 65'535) / 65'536);
    for (std::size_t block = 0; block < sums->sums.size(); ++block) {
      EXPECT_EQ(sums->sums[block], Crc32c(std::string_view(bytes).substr(block * 65'536, 65'536)));
    }
  }
}

}  // namespace
}  // namespace tidemill::storage
