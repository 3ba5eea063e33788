#include "storage/compaction_policy.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidemill::storage {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

FileList Files(const std::vector<std::uint64_t>& sizes) {
  FileList files;
  for (const std::uint64_t bytes : sizes) {
    FileEntry file;
    file.bytes = bytes;
    files.push_back(std::make_shared<const FileEntry>(file));
  }
  return files;
}

TEST(CompactionPolicyTest, FewFilesAreLeftAlone) {
  EXPECT_EQ(ChooseMerge({}), std::nullopt);
  EXPECT_EQ(ChooseMerge(Files(std::vector<std::uint64_t>(7, 1000))), std::nullopt);
}

TEST(CompactionPolicyTest, EnoughNeighboursOfASizeAreMerged) {
  EXPECT_EQ(ChooseMerge(Files(std::vector<std::uint64_t>(8, 1000))), (FileRange{0, 8}));
  EXPECT_EQ(ChooseMerge(Files(std::vector<std::uint64_t>(40, 1000))), (FileRange{0, 16}));
}

TEST(CompactionPolicyTest, ALargeFileBetweenSmallOnesParts) {
  EXPECT_EQ(ChooseMerge(Files({1, 1, 1, 1, 300 * kMiB, 1, 1, 1, 1, 1})), std::nullopt);
  EXPECT_EQ(ChooseMerge(Files({1, 300 * kMiB, 2, 2, 2, 2, 2, 2, 2, 2})), (FileRange{2, 8}));
}

TEST(CompactionPolicyTest, ALargeFileIsNotRewrittenForAFewSmallOnes) {
  EXPECT_EQ(ChooseMerge(Files({30 * kMiB, 1, 1, 1, 1, 1, 1, 1})), std::nullopt);
}

// Flushes of one size, each followed by all merges that are due.
TEST(CompactionPolicyTest, InOrderDataIsRewrittenAtMostTwice) {
  for (const std::uint64_t flush : {5 * kMiB, 10 * kMiB, 30 * kMiB}) {
    std::vector<std::uint64_t> sizes;
    std::uint64_t flushed = 0;
    std::uint64_t merged = 0;
    for (int i = 0; i < 2'000; ++i) {
      sizes.push_back(flush);
      flushed += flush;
      while (const auto range = ChooseMerge(Files(sizes))) {
        const auto first = sizes.begin() + static_cast<std::ptrdiff_t>(range->first);
        std::uint64_t sum = 0;
        for (std::size_t k = 0; k < range->count; ++k) sum += *(first + static_cast<long>(k));
        sizes.erase(first + 1, first + static_cast<std::ptrdiff_t>(range->count));
        sizes[range->first] = sum;
        merged += sum;
      }
    }
    EXPECT_LE(merged, 2 * flushed) << flush;
    EXPECT_LE(sizes.size(), flushed / (32 * kMiB) + 2 * kMergedFilesMax) << flush;
  }
}

}  // namespace
}  // namespace tidemill::storage
