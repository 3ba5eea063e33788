#include "app/data_directory.h"

#include <gtest/gtest.h>

#include "testing/fault_file_system.h"

namespace tidemill::app {
namespace {

void ExpectRefused(FileSystem& fs, ErrorCode code, const std::string& part) {
  SCOPED_TRACE(part);
  const auto opened = OpenDataDirectory(fs, "/data", "n");
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, code);
  EXPECT_NE(opened.error().message.find(part), std::string::npos) << opened.error().message;
}

TEST(DataDirectory, IsMadeOnceAndKnownAgain) {
  testing::FaultFileSystem fs;
  { ASSERT_TRUE(OpenDataDirectory(fs, "/data", "n").ok()); }
  const auto again = OpenDataDirectory(fs, "/data", "n");
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->node, "/data/n");
}

TEST(DataDirectory, HasOneServerAtATime) {
  testing::FaultFileSystem fs;
  const auto first = OpenDataDirectory(fs, "/data", "n");
  ASSERT_TRUE(first.ok()) << first.error().message;
  ExpectRefused(fs, ErrorCode::kConflict, "another server runs on '/data/n'");
}

TEST(DataDirectory, OfAnotherProgramIsRefusedAndNotTouched) {
  testing::FaultFileSystem fs;
  ASSERT_TRUE(fs.CreateDirectories("/data/n").ok());
  ASSERT_TRUE(WriteFileAtomically(fs, "/data/n/_catalog_checkpoint", "theirs").ok());
  ExpectRefused(fs, ErrorCode::kConflict, "_catalog_checkpoint");
  EXPECT_EQ(fs.List("/data/n")->size(), 1U);
}

TEST(DataDirectory, SaysWhatIsWrongWithItsMarker) {
  const auto expect = [](const std::string& marker, ErrorCode code, const std::string& part) {
    testing::FaultFileSystem fs;
    ASSERT_TRUE(fs.CreateDirectories("/data/n").ok());
    ASSERT_TRUE(WriteFileAtomically(fs, "/data/n/tidemill.json", marker).ok());
    ExpectRefused(fs, code, part);
    EXPECT_EQ(*ReadWholeFile(fs, "/data/n/tidemill.json"), marker);
  };
  expect("{\"layout\": 2}", ErrorCode::kConflict, "use the newer tidemill");
  expect("{\"layout\": \"x\"}", ErrorCode::kCorrupt, "is damaged");
  expect("[1]", ErrorCode::kCorrupt, "is damaged");
  expect("", ErrorCode::kCorrupt, "is damaged");
}

TEST(DataDirectory, SurvivesAPowerCutAtAnyStepOfTheFirstStart) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    testing::FaultFileSystem fs;
    fs.DieAtCall(seed);
    (void)OpenDataDirectory(fs, "/data", "n").ok();
    fs.PowerCut(seed);
    const auto again = OpenDataDirectory(fs, "/data", "n");
    EXPECT_TRUE(again.ok()) << "died at call " << seed << ": " << again.error().message;
  }
}

}  // namespace
}  // namespace tidemill::app
