#include "storage/manifest.h"

#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "testing/doc_page.h"
#include "testing/fault_file_system.h"
#include "testing/seeded_random.h"

namespace tidemill::storage {
namespace {

constexpr char kPath[] = "/data/node/manifest";

FileEntry File(std::uint64_t number, Sequence first, Sequence last) {
  FileEntry file;
  file.number = number;
  file.object = "n1/dbs/1/2/000000000" + std::to_string(number) + ".parquet";
  file.database = DatabaseId(1);
  file.table = TableId(2);
  file.first_sequence = first;
  file.last_sequence = last;
  file.bytes = 4096;
  file.rows = 100;
  file.min_time = Timestamp(-5);
  file.max_time = Timestamp(1'000);
  file.crc_sum = 0xdeadbeef;
  return file;
}

ManifestEdit Example() {
  ManifestEdit edit;
  edit.next_file = 8;
  edit.added = {File(7, 10, 300)};
  edit.added[0].may_overwrite = true;
  edit.added[0].overwrite_min = Timestamp(3);
  edit.added[0].overwrite_max = Timestamp(9);
  edit.removed = {4};
  edit.flushed = {{TableId(2), 300}};
  edit.cutoffs = {{DatabaseId(1), std::chrono::seconds(1), Timestamp(-16)}};
  return edit;
}

Result<std::unique_ptr<Manifest>> OpenOn(FileSystem& fs) {
  testing::SeededRandom random;
  TRY_ASSIGN(auto manifest, Manifest::Open(fs, kPath));
  TRY(manifest->Begin(random));
  return manifest;
}

TEST(ManifestEdit, HasTheDocumentedBytes) {
  const std::string documented = testing::HexExampleOn("formats/manifest.md");
  const auto decoded = DecodeManifestEdit(documented);
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(*decoded, Example());
  EXPECT_EQ(EncodeManifestEdit(Example()), documented);
}

TEST(ManifestEdit, ComesBackAsItWas) {
  for (const ManifestEdit& edit : {ManifestEdit{}, Example()}) {
    const auto decoded = DecodeManifestEdit(EncodeManifestEdit(edit));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_EQ(*decoded, edit);
  }
}

TEST(ManifestEdit, RefusesEveryCutAndWhatComesTooMuch) {
  const std::string bytes = EncodeManifestEdit(Example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    SCOPED_TRACE(size);
    EXPECT_FALSE(DecodeManifestEdit(bytes.substr(0, size)).ok());
  }
  EXPECT_FALSE(DecodeManifestEdit(bytes + "x").ok());
}

TEST(ManifestEdit, RefusesWhatMakesNoSense) {
  ManifestEdit backwards = Example();
  backwards.added[0].first_sequence = 301;
  ManifestEdit nameless = Example();
  nameless.added[0].object = "";
  ManifestEdit unborn = Example();
  unborn.added[0].min_time = Timestamp(1'001);
  for (const ManifestEdit& edit : {backwards, nameless, unborn}) {
    const auto decoded = DecodeManifestEdit(EncodeManifestEdit(edit));
    ASSERT_FALSE(decoded.ok());
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(decoded.error().message, "manifest: broken entry of file 7");
  }
}

TEST(ManifestEdit, DamagedBytesNeverCrash) {
  const std::string bytes = EncodeManifestEdit(Example());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      (void)DecodeManifestEdit(damaged);
    }
  }
}

TEST(Manifest, RemembersFilesSequencesAndCutoffs) {
  testing::FaultFileSystem fs;
  std::string id;
  {
    const auto manifest = OpenOn(fs);
    ASSERT_TRUE(manifest.ok()) << manifest.error().message;
    id = (*manifest)->state().id;
    ManifestEdit first;
    first.next_file = 5;
    first.added = {File(4, 0, 10)};
    ASSERT_TRUE((*manifest)->Commit(first).ok());
    ASSERT_TRUE((*manifest)->Commit(Example()).ok());
  }
  fs.PowerCutLosingAll();
  const auto manifest = OpenOn(fs);
  ASSERT_TRUE(manifest.ok()) << manifest.error().message;
  const ManifestState& state = (*manifest)->state();
  EXPECT_EQ(state.id, id);
  EXPECT_EQ(state.next_file, 8U);
  ASSERT_EQ(state.files.size(), 1U);
  EXPECT_EQ(state.files.at(7), Example().added[0]);
  EXPECT_EQ(state.flushed.at(TableId(2)), 300U);
  EXPECT_EQ(state.cutoffs.at(DatabaseId(1)), Example().cutoffs[0]);
}

TEST(Manifest, RefusesAFileTwiceAndTheRemovalOfNone) {
  testing::FaultFileSystem fs;
  const auto manifest = OpenOn(fs);
  ManifestEdit add;
  add.added = {File(4, 0, 10)};
  ASSERT_TRUE((*manifest)->Commit(add).ok());
  EXPECT_EQ((*manifest)->Commit(add).error().message, "manifest: file 4 is added twice");
  ManifestEdit remove;
  remove.removed = {9};
  EXPECT_EQ((*manifest)->Commit(remove).error().message,
            "manifest: file 9 is removed but not listed");
}

TEST(Manifest, IsAllOrNothingAtEveryCrash) {
  for (std::uint64_t call = 1;; ++call) {
    SCOPED_TRACE(call);
    testing::FaultFileSystem fs;
    std::size_t acknowledged = 0;
    fs.DieAtCall(call);
    if (const auto manifest = OpenOn(fs); manifest.ok()) {
      for (std::uint64_t number = 1; number <= 3; ++number) {
        ManifestEdit edit;
        edit.added = {File(number, number - 1, number), File(number + 100, number - 1, number)};
        edit.flushed = {{TableId(2), number}};
        if (!(*manifest)->Commit(edit).ok()) break;
        ++acknowledged;
      }
    }
    if (!fs.is_dead()) break;
    fs.PowerCut(call);
    const auto manifest = OpenOn(fs);
    ASSERT_TRUE(manifest.ok()) << manifest.error().message;
    const ManifestState& state = (*manifest)->state();
    EXPECT_GE(state.files.size(), 2 * acknowledged);
    const auto flushed = state.flushed.find(TableId(2));
    EXPECT_EQ(state.files.size(), flushed == state.flushed.end() ? 0 : 2 * flushed->second)
        << "an edit is there with all its parts";
  }
}

TEST(Manifest, IsFoldedWhenItIsLarge) {
  testing::FaultFileSystem fs;
  std::uint64_t next = 1;
  {
    const auto manifest = OpenOn(fs);
    ASSERT_TRUE(manifest.ok());
    std::uint64_t written = 0;
    while (written < 4 * Manifest::kFoldBytes) {
      ManifestEdit edit;
      for (int i = 0; i < 2'000; ++i, ++next) {
        edit.added.push_back(File(next, next, next));
        if (next > 2'000) edit.removed.push_back(next - 2'000);
      }
      edit.next_file = next;
      written += EncodeManifestEdit(edit).size();
      ASSERT_TRUE((*manifest)->Commit(edit).ok());
    }
  }
  const auto bytes = ReadWholeFile(fs, kPath);
  ASSERT_TRUE(bytes.ok());
  EXPECT_LT(bytes->size(), 2 * Manifest::kFoldBytes);
  const auto manifest = OpenOn(fs);
  ASSERT_TRUE(manifest.ok()) << manifest.error().message;
  EXPECT_EQ((*manifest)->state().files.size(), 2'000U);
  EXPECT_EQ((*manifest)->state().next_file, next);
}

TEST(Manifest, KeepsNothingWithoutAPath) {
  testing::FaultFileSystem fs;
  testing::SeededRandom random;
  const auto manifest = Manifest::Open(fs, "");
  ASSERT_TRUE((*manifest)->Begin(random).ok());
  EXPECT_TRUE((*manifest)->Commit(Example()).error().message.ends_with("not listed"));
  ManifestEdit add;
  add.added = {File(4, 0, 10)};
  EXPECT_TRUE((*manifest)->Commit(add).ok());
  EXPECT_EQ(fs.calls(), 0U);
}

}  // namespace
}  // namespace tidemill::storage
