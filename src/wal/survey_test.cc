#include "wal/survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "wal/group_frame.h"
#include "wal/segment.h"
#include "wal/test_rig.h"

namespace tidemill::wal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kDirectory = "/data/wal";

std::string Path(std::uint64_t number) {
  return std::string(kDirectory) + "/" + SegmentFileName(number);
}

// Ten records a group each, in two segments: 1 to 5 and 6 to 10.
void MakeLog(Rig& rig) {
  ASSERT_TRUE(rig.Open().ok());
  rig.WriteAll(1, 5);
  ASSERT_TRUE(rig.Open().ok());  // every start begins a segment
  rig.WriteAll(6, 5);
  rig.Close();
}

void Flip(Rig& rig, const std::string& path, std::uint64_t offset) {
  const auto file = rig.fs.Open(path, OpenMode::kReadWrite);
  ASSERT_TRUE(file.ok());
  std::byte byte{};
  ASSERT_TRUE((*file)->ReadAt(offset, std::span(&byte, 1)).ok());
  byte ^= std::byte{1};
  ASSERT_TRUE((*file)->WriteAt(offset, std::span(&byte, 1)).ok());
}

// Where the group with this sequence begins.
std::uint64_t OffsetOf(Rig& rig, const std::string& path, Sequence sequence) {
  const std::string bytes = ReadWholeFile(rig.fs, path).value();
  for (std::size_t at = kSegmentHeaderBytes;;) {
    const auto header = PeekGroupHeader(std::string_view(bytes).substr(at));
    CHECK(header.has_value()) << "no group " << sequence;
    if (!header->holds_state() && header->first == sequence) return at;
    at += kGroupHeaderBytes + header->body_bytes;
  }
}

struct Seen {
  Survey survey;
  std::vector<Sequence> sequences;
};

Seen Look(Rig& rig) {
  Seen seen;
  auto survey = SurveyLog(rig.fs, kDirectory, [&](const CommittedRecord& record) -> Status {
    seen.sequences.push_back(record.sequence);
    return Ok();
  });
  EXPECT_TRUE(survey.ok());
  if (survey.ok()) seen.survey = std::move(survey).value();
  return seen;
}

TEST(Survey, OfASoundLogSeesEverythingAndNoDamage) {
  Rig rig;
  MakeLog(rig);
  const Seen seen = Look(rig);
  EXPECT_EQ(seen.sequences, Sequences(1, 10));
  EXPECT_EQ(seen.survey.segments, 2U);
  EXPECT_EQ(seen.survey.last, 10U);
  EXPECT_TRUE(seen.survey.damage.empty());
}

TEST(Survey, GoesOnBehindABrokenGroupAndNamesItsTables) {
  Rig rig;
  MakeLog(rig);
  const std::uint64_t offset = OffsetOf(rig, Path(1), 3);
  // The last byte of the frame's header region that no record needs: its checksum.
  Flip(rig, Path(1), offset + 4);
  const Seen seen = Look(rig);
  EXPECT_THAT(seen.sequences, ElementsAre(1, 2, 4, 5, 6, 7, 8, 9, 10));
  ASSERT_EQ(seen.survey.damage.size(), 1U);
  const Damage& damage = seen.survey.damage.front();
  EXPECT_EQ(damage.file, Path(1));
  EXPECT_EQ(damage.offset, offset);
  EXPECT_EQ(damage.end, OffsetOf(rig, Path(1), 4));
  EXPECT_EQ(damage.first, 3U);
  EXPECT_EQ(damage.last, 3U);
  EXPECT_THAT(damage.tables, ElementsAre(TableId(7)));
}

TEST(Survey, TheLastGroupOfAnEarlierSegmentIsDamageAndOfTheNewestATornEnd) {
  Rig rig;
  MakeLog(rig);
  Flip(rig, Path(1), OffsetOf(rig, Path(1), 5) + 4);
  const Seen earlier = Look(rig);
  ASSERT_EQ(earlier.survey.damage.size(), 1U);
  EXPECT_EQ(earlier.survey.damage.front().first, 5U);
  EXPECT_EQ(earlier.survey.damage.front().last, 5U);

  Rig torn;
  MakeLog(torn);
  Flip(torn, Path(2), OffsetOf(torn, Path(2), 10) + 4);
  const Seen newest = Look(torn);
  EXPECT_EQ(newest.sequences, Sequences(1, 9));
  EXPECT_TRUE(newest.survey.damage.empty());
  EXPECT_GT(newest.survey.torn_bytes, 0U);
}

TEST(Survey, ReadsTheGroupsOfASegmentWithoutAHead) {
  Rig rig;
  MakeLog(rig);
  Flip(rig, Path(2), 20);
  const Seen seen = Look(rig);
  EXPECT_EQ(seen.sequences, Sequences(1, 10));
  ASSERT_EQ(seen.survey.damage.size(), 1U);
  EXPECT_THAT(seen.survey.damage.front().what, HasSubstr("header"));
  EXPECT_GT(seen.survey.damage.front().first, seen.survey.damage.front().last);
}

TEST(Survey, NamesAMissingSegment) {
  Rig rig;
  MakeLog(rig);
  ASSERT_TRUE(rig.Open().ok());
  rig.WriteAll(11, 2);
  rig.Close();
  ASSERT_TRUE(rig.fs.Remove(Path(2)).ok());
  const Seen seen = Look(rig);
  EXPECT_THAT(seen.sequences, ElementsAre(1, 2, 3, 4, 5, 11, 12));
  ASSERT_EQ(seen.survey.damage.size(), 1U);
  EXPECT_EQ(seen.survey.damage.front().file, Path(2));
  EXPECT_EQ(seen.survey.damage.front().first, 6U);
  EXPECT_EQ(seen.survey.damage.front().last, 10U);
}

TEST(Survey, ChangesNothing) {
  Rig rig;
  MakeLog(rig);
  Flip(rig, Path(2), OffsetOf(rig, Path(2), 10) + 4);
  const std::string before = ReadWholeFile(rig.fs, Path(2)).value();
  Look(rig);
  EXPECT_EQ(ReadWholeFile(rig.fs, Path(2)).value(), before);
}

}  // namespace
}  // namespace tidemill::wal
