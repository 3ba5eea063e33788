#include "testing/fault_file_system.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace tidemill::testing {
namespace {

std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::unique_ptr<File> Create(FaultFileSystem& fs, const std::string& path) {
  return std::move(fs.Open(path, OpenMode::kCreateNew)).value();
}

std::string Contents(FaultFileSystem& fs, const std::string& path) {
  const auto bytes = ReadWholeFile(fs, path);
  return bytes.ok() ? *bytes : "<" + std::string(ErrorCodeName(bytes.error().code)) + ">";
}

TEST(FaultFileSystem, KeepsWhatWasSyncedThroughAPowerCut) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    FaultFileSystem fs;
    ASSERT_TRUE(CreateDirectoriesDurably(fs, "/data/wal").ok());
    ASSERT_TRUE(WriteFileAtomically(fs, "/data/wal/a", "hello").ok());
    fs.PowerCut(seed);
    EXPECT_EQ(Contents(fs, "/data/wal/a"), "hello");
  }
}

TEST(FaultFileSystem, LosesBytesThatWereNotSynced) {
  FaultFileSystem fs;
  const auto file = Create(fs, "/a");
  ASSERT_TRUE(file->WriteAt(0, AsBytes("one")).ok());
  ASSERT_TRUE(file->SyncData().ok());
  ASSERT_TRUE(fs.SyncDirectory("/").ok());
  ASSERT_TRUE(file->WriteAt(0, AsBytes("two and more")).ok());
  EXPECT_EQ(Contents(fs, "/a"), "two and more");
  fs.PowerCutLosingAll();
  EXPECT_EQ(Contents(fs, "/a"), "one");
}

TEST(FaultFileSystem, LosesNamesThatWereNotSynced) {
  FaultFileSystem fs;
  ASSERT_TRUE(Create(fs, "/a")->SyncData().ok());
  ASSERT_TRUE(fs.CreateDirectories("/d").ok());
  ASSERT_TRUE(Create(fs, "/d/b")->SyncData().ok());
  ASSERT_TRUE(fs.SyncDirectory("/d").ok());  // /d itself has no durable name
  fs.PowerCutLosingAll();
  EXPECT_EQ(Contents(fs, "/a"), "<not found>");
  EXPECT_EQ(Contents(fs, "/d/b"), "<not found>");
}

TEST(FaultFileSystem, LosesPartOfALongWriteByTheSector) {
  std::set<std::string> outcomes;
  const std::string old_bytes(4 * FaultInode::kSectorBytes, 'o');
  const std::string new_bytes(4 * FaultInode::kSectorBytes, 'n');
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    FaultFileSystem fs;
    ASSERT_TRUE(WriteFileAtomically(fs, "/a", old_bytes).ok());
    const auto file = std::move(fs.Open("/a", OpenMode::kReadWrite)).value();
    ASSERT_TRUE(file->WriteAt(0, AsBytes(new_bytes)).ok());
    fs.PowerCut(seed);
    std::string pattern;
    const std::string left = Contents(fs, "/a");
    ASSERT_EQ(left.size(), old_bytes.size());
    for (std::size_t sector = 0; sector < 4; ++sector) {
      const auto bytes = left.substr(sector * FaultInode::kSectorBytes, FaultInode::kSectorBytes);
      EXPECT_EQ(bytes, std::string(bytes.size(), bytes[0]));
      pattern += bytes[0];
    }
    outcomes.insert(pattern);
  }
  EXPECT_TRUE(outcomes.contains("oooo"));
  EXPECT_TRUE(outcomes.contains("nnnn"));
  EXPECT_EQ(outcomes.size(), 16u) << "every mixture is possible";
}

TEST(FaultFileSystem, LosesOrKeepsARenameAsAWhole) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    FaultFileSystem fs;
    ASSERT_TRUE(WriteFileAtomically(fs, "/a", "a").ok());
    ASSERT_TRUE(WriteFileAtomically(fs, "/b", "b").ok());
    ASSERT_TRUE(fs.Rename("/a", "/b").ok());
    EXPECT_EQ(Contents(fs, "/b"), "a");
    fs.PowerCut(seed);
    outcomes.insert(Contents(fs, "/a") + Contents(fs, "/b"));
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"ab", "<not found>a"}));
}

TEST(FaultFileSystem, ReturnsTheLengthOfAnUnsyncedTruncateToChance) {
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    FaultFileSystem fs;
    ASSERT_TRUE(WriteFileAtomically(fs, "/a", "0123456789").ok());
    const auto file = std::move(fs.Open("/a", OpenMode::kReadWrite)).value();
    ASSERT_TRUE(file->Truncate(2).ok());
    fs.PowerCut(seed);
    sizes.insert(Contents(fs, "/a").size());
    EXPECT_TRUE(Contents(fs, "/a").starts_with("01"));
  }
  EXPECT_TRUE(sizes.contains(2));
  EXPECT_TRUE(sizes.contains(10));
}

TEST(FaultFileSystem, FailedSyncLosesTheDataEvenIfTheNextOneSucceeds) {
  FaultFileSystem fs;
  ASSERT_TRUE(WriteFileAtomically(fs, "/a", "old").ok());
  const auto file = std::move(fs.Open("/a", OpenMode::kReadWrite)).value();
  ASSERT_TRUE(file->WriteAt(0, AsBytes("new")).ok());
  fs.FailCall(1, Fault::kNoSpace, FaultCall::kSyncData);
  const Status synced = file->SyncData();
  ASSERT_FALSE(synced.ok());
  EXPECT_EQ(synced.error().code, ErrorCode::kIo) << "whatever the errno";
  EXPECT_TRUE(file->SyncData().ok());
  EXPECT_EQ(Contents(fs, "/a"), "new") << "the page cache still has it";
  fs.PowerCutLosingAll();
  EXPECT_EQ(Contents(fs, "/a"), "old");
}

TEST(FaultFileSystem, FailsTheCallItWasToldTo) {
  FaultFileSystem fs;
  const auto file = Create(fs, "/a");
  fs.FailCall(2, Fault::kIo, FaultCall::kWrite);
  EXPECT_TRUE(file->WriteAt(0, AsBytes("1234")).ok());
  EXPECT_TRUE(file->SyncData().ok());
  const Status second = file->WriteAt(0, AsBytes("5678"));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kIo);
  EXPECT_EQ(second.error().message, "write '/a': Input/output error");
  EXPECT_TRUE(file->WriteAt(4, AsBytes("9")).ok());
  EXPECT_EQ(Contents(fs, "/a"), "12349");
  EXPECT_EQ(fs.faults_hit(), 1u);

  fs.FailCall(1, Fault::kShortWrite, FaultCall::kWrite);
  const Status cut_short = file->WriteAt(0, AsBytes("abcd"));
  ASSERT_FALSE(cut_short.ok());
  EXPECT_EQ(cut_short.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Contents(fs, "/a"), "ab349");

  fs.FailAll(Fault::kNoSpace, FaultCall::kWrite);
  EXPECT_FALSE(file->WriteAt(0, AsBytes("x")).ok());
  EXPECT_FALSE(file->WriteAt(0, AsBytes("x")).ok());
  fs.ClearFaults();
  EXPECT_TRUE(file->WriteAt(0, AsBytes("x")).ok());
}

TEST(FaultFileSystem, FillsUpAtItsCapacityAndEmptiesAgain) {
  FaultFileSystem fs;
  fs.SetCapacity(10);
  const auto file = Create(fs, "/a");
  EXPECT_TRUE(file->WriteAt(0, AsBytes("12345678")).ok());
  EXPECT_EQ(*fs.FreeBytes("/"), 2u);
  const Status full = file->WriteAt(8, AsBytes("9abc"));
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Contents(fs, "/a"), "123456789a") << "what fitted was written";
  EXPECT_TRUE(file->WriteAt(0, AsBytes("overwrites")).ok());
  EXPECT_FALSE(file->Allocate(11).ok());
  ASSERT_TRUE(file->Truncate(4).ok());
  EXPECT_TRUE(file->Allocate(10).ok());
  ASSERT_TRUE(fs.Remove("/a").ok());
  EXPECT_EQ(fs.used_bytes(), 10u) << "removed, but open";
}

TEST(FaultFileSystem, DoesNothingOnceItsProcessIsDead) {
  FaultFileSystem fs;
  ASSERT_TRUE(WriteFileAtomically(fs, "/a", "a").ok());
  fs.DieAtCall(1);
  EXPECT_FALSE(fs.Remove("/a").ok());
  EXPECT_FALSE(WriteFileAtomically(fs, "/b", "b").ok());
  EXPECT_TRUE(fs.is_dead());
  fs.Restart();
  EXPECT_EQ(Contents(fs, "/a"), "a");
  EXPECT_EQ(Contents(fs, "/b"), "<not found>");
}

TEST(FaultFileSystem, ReleasesLocksAndFilesWithTheProcess) {
  FaultFileSystem fs;
  const auto lock = fs.Lock("/lock");
  ASSERT_TRUE(lock.ok());
  const auto second = fs.Lock("/lock");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  const auto file = Create(fs, "/a");
  fs.Restart();
  EXPECT_TRUE(fs.Lock("/lock").ok());
  EXPECT_FALSE(file->SyncData().ok());
}

TEST(FaultFileSystem, HoldsSyncsUntilToldOtherwise) {
  FaultFileSystem fs;
  const auto file = Create(fs, "/a");
  ASSERT_TRUE(file->WriteAt(0, AsBytes("x")).ok());
  fs.HoldSyncs();
  std::jthread committer([&] { EXPECT_TRUE(file->SyncData().ok()); });
  fs.AwaitHeldSync();
  EXPECT_EQ(fs.data_syncs(), 0u);
  EXPECT_EQ(Contents(fs, "/a"), "x") << "others work meanwhile";
  fs.ReleaseSyncs();
  committer.join();
  EXPECT_EQ(fs.data_syncs(), 1u);
}

}  // namespace
}  // namespace tidemill::testing
