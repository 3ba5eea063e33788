// What a start makes of files that are cut, damaged, missing or too new.
#include "wal/replay.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/crc32c.h"
#include "wal/group_frame.h"
#include "wal/segment.h"
#include "wal/test_rig.h"

namespace tidemill::wal {
namespace {

using ::testing::HasSubstr;

constexpr const char* kFirstSegment = "/data/wal/00000000000000000001.wal";
constexpr const char* kSecondSegment = "/data/wal/00000000000000000002.wal";

// A log of `count` records, each in a group of its own, closed.
void MakeLog(Rig& rig, std::int64_t count, std::uint64_t segment_bytes = 16 << 10) {
  rig.options.segment_bytes = segment_bytes;
  ASSERT_TRUE(rig.Open().ok());
  rig.WriteAll(1, count);
  rig.Close();
}

std::string ReadFile(Rig& rig, const std::string& path) {
  return ReadWholeFile(rig.fs, path).value();
}

void WriteFile(Rig& rig, const std::string& path, std::string_view bytes) {
  if (rig.fs.Exists(path).value()) {
    ASSERT_TRUE(rig.fs.Remove(path).ok());
  }
  const auto file = rig.fs.Open(path, OpenMode::kCreateNew);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->WriteAt(0, std::as_bytes(std::span(bytes))).ok());
}

// Where each frame of the file begins, and where the last one ends.
std::vector<std::size_t> FrameOffsets(std::string_view file) {
  std::vector<std::size_t> offsets;
  std::size_t at = kSegmentHeaderBytes;
  while (true) {
    offsets.push_back(at);
    const auto header = PeekGroupHeader(file.substr(at));
    if (!header) return offsets;
    at += kGroupHeaderBytes + header->body_bytes;
  }
}

TEST(Replay, CutAtEveryByteKeepsExactlyTheGroupsBefore) {
  Rig original;
  MakeLog(original, 12);
  const std::string file = ReadFile(original, kFirstSegment);
  const std::vector<std::size_t> frames = FrameOffsets(file);
  ASSERT_EQ(frames.size(), 14u);  // the state record, 12 groups, the end
  for (std::size_t size = 0; size <= frames.back(); ++size) {
    SCOPED_TRACE(size);
    Rig rig;
    ASSERT_TRUE(rig.fs.CreateDirectories("/data/wal").ok());
    WriteFile(rig, kFirstSegment, std::string_view(file).substr(0, size));
    const auto whole = std::ranges::upper_bound(frames, size) - frames.begin();
    const std::int64_t groups = std::max<std::int64_t>(0, whole - 2);
    ASSERT_TRUE(rig.Open().ok());
    ASSERT_EQ(rig.values, Count(1, groups));
    // And the log goes on from there, also over another start.
    ASSERT_EQ(*rig.Write(groups + 1), static_cast<Sequence>(groups + 1));
    ASSERT_TRUE(rig.Open().ok());
    ASSERT_EQ(rig.values, Count(1, groups + 1));
  }
}

TEST(Replay, SaysHowFarItIsAndStopsWhenTold) {
  Rig rig;
  MakeLog(rig, 400, 4 << 10);
  std::vector<ReplayProgress> told;
  rig.options.on_replay = [&](const ReplayProgress& progress) -> Status {
    told.push_back(progress);
    return Ok();
  };
  ASSERT_TRUE(rig.Open().ok());
  rig.Close();
  ASSERT_EQ(told.size(), 400U);
  EXPECT_EQ(told.back().records, 400U);
  for (std::size_t i = 1; i < told.size(); ++i) {
    EXPECT_GT(told[i].bytes, told[i - 1].bytes);
    EXPECT_LE(told[i].bytes, told[i].bytes_total);
  }

  rig.options.on_replay = [](const ReplayProgress& progress) -> Status {
    return progress.records < 7 ? Ok() : Status(Error{ErrorCode::kCancelled, "enough"});
  };
  const Status stopped = rig.Open();
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(rig.values, Count(1, 7));
  rig.options.on_replay = nullptr;
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, Count(1, 400));
}

TEST(Replay, TornEndIsReportedAndCut) {
  Rig rig;
  MakeLog(rig, 5);
  const std::string file = ReadFile(rig, kFirstSegment);
  const auto frames = FrameOffsets(file);
  WriteFile(rig, kFirstSegment, file.substr(0, frames[5] + 32));
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, Count(1, 4));
  EXPECT_EQ(rig.wal->replayed().torn_bytes, 32u);
  EXPECT_EQ(ReadFile(rig, kFirstSegment).size(), frames[5]);
}

TEST(Replay, PreallocatedZerosAreNoTornEnd) {
  Rig rig;
  MakeLog(rig, 3);
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.wal->replayed().torn_bytes, 0u);
}

// Every bit, one at a time: the start stops and names the file, or what it replays is a beginning
// of what was written that lacks at most the last group (a flip there looks like a torn end).
TEST(Replay, FlippedBitsAreDetectedOrHarmless) {
  constexpr std::int64_t kGroups = 8;
  Rig original;
  MakeLog(original, kGroups);
  const std::string file = ReadFile(original, kFirstSegment);
  const std::size_t end = FrameOffsets(file).back();
  std::size_t detected = 0;
  for (std::size_t bit = 0; bit < end * 8; ++bit) {
    SCOPED_TRACE(bit);
    Rig rig;
    std::string damaged = file.substr(0, end + 64);
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_TRUE(rig.fs.CreateDirectories("/data/wal").ok());
    WriteFile(rig, kFirstSegment, damaged);
    const Status opened = rig.Open();
    if (opened.ok()) {
      ASSERT_GE(rig.values.size(), std::size_t{kGroups - 1});
      ASSERT_EQ(rig.values, Count(1, static_cast<std::int64_t>(rig.values.size())));
      continue;
    }
    ++detected;
    ASSERT_EQ(opened.error().code, ErrorCode::kCorrupt) << opened.error().message;
    ASSERT_THAT(opened.error().message, HasSubstr(kFirstSegment));
    ASSERT_EQ(ReadFile(rig, kFirstSegment), damaged) << "damage is left as it is";
  }
  EXPECT_GT(detected, end * 8 * 8 / 10);
}

TEST(Replay, DamageWithALaterGroupNamesFileOffsetAndSequences) {
  Rig rig;
  MakeLog(rig, 10);
  const auto frames = FrameOffsets(ReadFile(rig, kFirstSegment));
  rig.fs.FlipBits(kFirstSegment, frames[4] + 70, 0x10);
  rig.fs.FlipBits(kFirstSegment, frames[5] + 70, 0x10);
  const Status opened = rig.Open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(
      opened.error().message,
      fmt::format("'{}' is damaged from offset {} to {}: sequences 4 to 5 are lost, an intact "
                  "group follows",
                  kFirstSegment, frames[4], frames[6]));
}

TEST(Replay, DamageAtTheEndOfAnOlderSegmentIsNoTornEnd) {
  Rig rig;
  MakeLog(rig, 40, 2000);
  const auto frames = FrameOffsets(ReadFile(rig, kFirstSegment));
  const std::size_t last = frames[frames.size() - 2];
  const auto lost = PeekGroupHeader(std::string_view(ReadFile(rig, kFirstSegment)).substr(last));
  rig.fs.FlipBits(kFirstSegment, last + 70, 1);
  const Status opened = rig.Open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().message,
            fmt::format("'{}' is damaged at offset {}: it ends after sequence {}, but '{}' goes on "
                        "after {}",
                        kFirstSegment, last, lost->first - 1, kSecondSegment, lost->last));
}

TEST(Replay, DamagedStartOfASegmentWithGroupsIsNoUnfinishedSegment) {
  for (const std::size_t offset : {std::size_t{3}, std::size_t{20}, kSegmentHeaderBytes + 66}) {
    SCOPED_TRACE(offset);
    Rig rig;
    MakeLog(rig, 3);
    rig.fs.FlipBits(kFirstSegment, offset, 0xff);
    const Status opened = rig.Open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(opened.error().message, HasSubstr("groups from sequence 1 on follow"));
  }
}

TEST(Replay, UnfinishedNewestSegmentIsDropped) {
  Rig rig;
  MakeLog(rig, 3);
  WriteFile(rig, kSecondSegment, std::string(5000, '\0'));
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, Count(1, 3));
  rig.WriteAll(4, 1);
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, Count(1, 4));
}

TEST(Replay, MissingSegmentIsDamage) {
  Rig rig;
  MakeLog(rig, 60, 2000);
  ASSERT_TRUE(rig.fs.Remove(kSecondSegment).ok());
  const Status opened = rig.Open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(opened.error().message, HasSubstr(kSecondSegment));
}

TEST(Replay, RenamedSegmentIsRefused) {
  Rig rig;
  MakeLog(rig, 3);
  ASSERT_TRUE(rig.fs.Rename(kFirstSegment, "/data/wal/00000000000000000009.wal").ok());
  EXPECT_EQ(rig.Open().error().code, ErrorCode::kCorrupt);
}

TEST(Replay, NewerFormatIsRefusedAndLeftAlone) {
  Rig rig;
  MakeLog(rig, 3);
  std::string file = ReadFile(rig, kFirstSegment);
  file[8] = 2;  // the version, with a checksum to match
  const std::uint32_t crc =
      Crc32c(std::string_view(file).substr(16, 48), Crc32c(std::string_view(file).substr(0, 12)));
  file.replace(12, 4, reinterpret_cast<const char*>(&crc), 4);
  WriteFile(rig, kFirstSegment, file);
  const Status opened = rig.Open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(opened.error().message, HasSubstr("WAL format 2"));
  EXPECT_EQ(ReadFile(rig, kFirstSegment), file);
}

TEST(Replay, GroupsOfAnotherSegmentAreNotRead) {
  Rig rig(1);
  Rig other(2);
  MakeLog(rig, 5);
  MakeLog(other, 9);
  // What follows the last group here is, byte for byte, how the other log goes on: as where a file
  // system gives the blocks of an old file to a new one.
  std::string file = ReadFile(rig, kFirstSegment);
  const std::string stale = ReadFile(other, kFirstSegment);
  const std::size_t end = FrameOffsets(file).back();
  ASSERT_EQ(FrameOffsets(stale)[6], end);
  file.replace(end, std::string::npos, stale.substr(end));
  WriteFile(rig, kFirstSegment, file);
  ASSERT_TRUE(rig.Open().ok());
  EXPECT_EQ(rig.values, Count(1, 5));
}

TEST(Replay, ErrorOfTheReceiverStopsTheStart) {
  Rig rig;
  MakeLog(rig, 3);
  testing::SeededRandom random;
  observe::Metrics metrics;
  const auto opened = Wal::Open(rig.fs, rig.clock, random, metrics, rig.options,
                                [](const CommittedRecord& record) -> Status {
                                  if (record.sequence == 2) return CorruptError("not this one");
                                  return Ok();
                                });
  EXPECT_EQ(opened.error().message, "not this one");
}

TEST(Replay, ReadingDamageLaterNamesFileAndOffset) {
  Rig rig;
  rig.options.tail_bytes_max = 1;
  ASSERT_TRUE(rig.Open().ok());
  rig.WriteAll(1, 5);
  const auto frames = FrameOffsets(ReadFile(rig, kFirstSegment));
  rig.fs.FlipBits(kFirstSegment, frames[2] + 75, 4);
  EXPECT_EQ(rig.ReadSequences(0, 1), Sequences(1, 1));
  const auto damaged = rig.wal->Read(1, 1000);
  ASSERT_FALSE(damaged.ok());
  EXPECT_EQ(damaged.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(damaged.error().message, HasSubstr(fmt::format("offset {}", frames[2])));
}

}  // namespace
}  // namespace tidemill::wal
