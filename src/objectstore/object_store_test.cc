#include "objectstore/object_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "testing/fault_file_system.h"
#include "testing/temp_dir.h"

namespace tidemill::objectstore {
namespace {

using ::testing::ElementsAre;
using testing::Fault;
using testing::FaultCall;
using testing::FaultFileSystem;
using ::testing::IsEmpty;

std::vector<std::string> Names(ObjectStore& store, const std::string& prefix) {
  const auto found = store.List(prefix);
  EXPECT_TRUE(found.ok()) << found.error().message;
  std::vector<std::string> names;
  for (const ObjectInfo& object : *found) names.push_back(object.name);
  return names;
}

std::string Content(ObjectStore& store, const std::string& name) {
  const auto bytes = store.Get(name);
  return bytes.ok() ? *bytes : "<" + std::string(ErrorCodeName(bytes.error().code)) + ">";
}

Status Read(const ObjectReader& reader, std::uint64_t offset, std::size_t length,
            std::string& into) {
  into.assign(length, '.');
  return reader.Read(offset, std::as_writable_bytes(std::span(into.data(), into.size())));
}

// --- What every store promises -----------------------------------------------------------------

enum class Kind { kMemory, kLocalInMemory, kLocalOnDisk };

class EveryStore : public ::testing::TestWithParam<Kind> {
 protected:
  EveryStore() {
    switch (GetParam()) {
      case Kind::kMemory: store_ = MakeMemoryStore(); return;
      case Kind::kLocalInMemory: store_ = MakeLocalStore(fault_fs_, "/data/objects"); return;
      case Kind::kLocalOnDisk:
        store_ = MakeLocalStore(*posix_fs_, directory_.path() + "/objects");
        return;
    }
  }
  ObjectStore& store() { return *store_; }

 private:
  testing::TempDir directory_;
  FaultFileSystem fault_fs_;
  std::unique_ptr<FileSystem> posix_fs_ = MakePosixFileSystem();
  std::unique_ptr<ObjectStore> store_;
};
INSTANTIATE_TEST_SUITE_P(, EveryStore,
                         ::testing::Values(Kind::kMemory, Kind::kLocalInMemory, Kind::kLocalOnDisk),
                         [](const auto& param) {
                           switch (param.param) {
                             case Kind::kMemory: return "Memory";
                             case Kind::kLocalInMemory: return "LocalInMemory";
                             case Kind::kLocalOnDisk: return "LocalOnDisk";
                           }
                           return "";
                         });

TEST_P(EveryStore, GivesBackWhatWasPut) {
  for (const std::string& bytes :
       {std::string(), std::string("x"), std::string("\0\xff\n", 3), std::string(300'000, 'y')}) {
    ASSERT_TRUE(store().Put("a/b/object.parquet", bytes).ok());
    EXPECT_EQ(Content(store(), "a/b/object.parquet"), bytes);
  }
}

TEST_P(EveryStore, SaysWhatIsMissing) {
  const auto missing = store().Get("a/b");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().message, "object 'a/b' does not exist");
  EXPECT_EQ(store().Open("a/b").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(store().Delete("a/b").ok());
  EXPECT_THAT(Names(store(), ""), IsEmpty());
  EXPECT_THAT(Names(store(), "a/"), IsEmpty());
}

TEST_P(EveryStore, PutIfAbsentLeavesWhatIsThere) {
  ASSERT_TRUE(store().PutIfAbsent("m/1", "first").ok());
  const Status second = store().PutIfAbsent("m/1", "second");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_EQ(second.error().message, "object 'm/1' exists already");
  EXPECT_EQ(Content(store(), "m/1"), "first");
  EXPECT_THAT(Names(store(), ""), ElementsAre("m/1"));
  ASSERT_TRUE(store().Delete("m/1").ok());
  EXPECT_TRUE(store().PutIfAbsent("m/1", "third").ok());
}

TEST_P(EveryStore, PutIfAbsentHasOneWinner) {
  for (int round = 0; round < 20; ++round) {
    const std::string name = "race/" + std::to_string(round);
    std::atomic<int> winners = 0;
    std::string winner;
    {
      std::vector<std::jthread> threads;
      for (const char* bytes : {"a", "b", "c", "d"})
        threads.emplace_back([&, bytes] {
          if (!store().PutIfAbsent(name, bytes).ok()) return;
          ++winners;
          winner = bytes;
        });
    }
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(Content(store(), name), winner);
  }
}

TEST_P(EveryStore, WriterPublishesAtFinish) {
  auto writer = std::move(store().StartPut("t/1")).value();
  ASSERT_TRUE(writer->Append("one ").ok());
  EXPECT_EQ(Content(store(), "t/1"), "<not found>");
  ASSERT_TRUE(writer->Append("").ok());
  ASSERT_TRUE(writer->Append("two").ok());
  EXPECT_THAT(Names(store(), ""), IsEmpty());
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(Content(store(), "t/1"), "one two");
  EXPECT_FALSE(writer->Append("three").ok());
  EXPECT_FALSE(writer->Finish().ok());
  writer.reset();
  EXPECT_EQ(Content(store(), "t/1"), "one two");
}

TEST_P(EveryStore, WriterThatIsDroppedLeavesNothing) {
  ASSERT_TRUE(store().Put("t/1", "old").ok());
  auto writer = std::move(store().StartPut("t/1")).value();
  ASSERT_TRUE(writer->Append("new").ok());
  writer.reset();
  EXPECT_EQ(Content(store(), "t/1"), "old");
}

TEST_P(EveryStore, WritersDoNotMeet) {
  auto first = std::move(store().StartPut("t/1")).value();
  auto second = std::move(store().StartPut("t/1")).value();
  ASSERT_TRUE(first->Append("first").ok());
  ASSERT_TRUE(second->Append("second").ok());
  ASSERT_TRUE(second->Finish().ok());
  EXPECT_EQ(Content(store(), "t/1"), "second");
  ASSERT_TRUE(first->Finish().ok());
  EXPECT_EQ(Content(store(), "t/1"), "first");
}

TEST_P(EveryStore, ReaderReadsRanges) {
  ASSERT_TRUE(store().Put("r", "0123456789").ok());
  const auto reader = std::move(store().Open("r")).value();
  EXPECT_EQ(reader->bytes(), 10u);
  std::string into;
  ASSERT_TRUE(Read(*reader, 3, 4, into).ok());
  EXPECT_EQ(into, "3456");
  ASSERT_TRUE(Read(*reader, 10, 0, into).ok());
  for (const auto& [offset, length] :
       std::vector<std::pair<std::uint64_t, std::size_t>>{{9, 2}, {11, 0}, {UINT64_MAX, 2}}) {
    const Status past = Read(*reader, offset, length, into);
    ASSERT_FALSE(past.ok()) << offset;
    EXPECT_EQ(past.error().code, ErrorCode::kInvalid);
  }
  EXPECT_EQ(Read(*reader, 9, 2, into).error().message,
            "object 'r': cannot read 2 bytes at offset 9, it has 10");
}

TEST_P(EveryStore, ReaderKeepsItsObject) {
  ASSERT_TRUE(store().Put("r", "before").ok());
  const auto reader = std::move(store().Open("r")).value();
  std::string into;
  ASSERT_TRUE(store().Put("r", "after!").ok());
  ASSERT_TRUE(Read(*reader, 0, 6, into).ok());
  EXPECT_EQ(into, "before");
  ASSERT_TRUE(store().Delete("r").ok());
  ASSERT_TRUE(Read(*reader, 0, 6, into).ok());
  EXPECT_EQ(into, "before");
}

TEST_P(EveryStore, ListsByPrefixInOrder) {
  for (const char* name : {"db/1/b", "db/1/a", "db/10/x", "db/1-a", "db/2/c/d/e", "dc", "db/1.x"})
    ASSERT_TRUE(store().Put(name, name).ok());
  EXPECT_THAT(Names(store(), ""),
              ElementsAre("db/1-a", "db/1.x", "db/1/a", "db/1/b", "db/10/x", "db/2/c/d/e", "dc"));
  EXPECT_THAT(Names(store(), "db/1"),
              ElementsAre("db/1-a", "db/1.x", "db/1/a", "db/1/b", "db/10/x"));
  EXPECT_THAT(Names(store(), "db/1/"), ElementsAre("db/1/a", "db/1/b"));
  EXPECT_THAT(Names(store(), "db/2/c/"), ElementsAre("db/2/c/d/e"));
  EXPECT_THAT(Names(store(), "d"), ::testing::SizeIs(7));
  EXPECT_THAT(Names(store(), "dc"), ElementsAre("dc"));
  EXPECT_THAT(Names(store(), "dc/"), IsEmpty());
  EXPECT_THAT(Names(store(), "x/y"), IsEmpty());
  EXPECT_EQ(store().List("db/2/c/d/e")->front().bytes, 10u);
}

TEST_P(EveryStore, RefusesNamesThatAreNone) {
  const auto expect_refused = [&](const std::string& name) {
    SCOPED_TRACE(name);
    const Status put = store().Put(name, "x");
    ASSERT_FALSE(put.ok());
    EXPECT_EQ(put.error().code, ErrorCode::kInvalid);
    EXPECT_TRUE(put.error().message.starts_with("object name '")) << put.error().message;
    EXPECT_EQ(store().PutIfAbsent(name, "x").error().code, ErrorCode::kInvalid);
    EXPECT_EQ(store().StartPut(name).error().code, ErrorCode::kInvalid);
    EXPECT_EQ(store().Get(name).error().code, ErrorCode::kInvalid);
    EXPECT_EQ(store().Open(name).error().code, ErrorCode::kInvalid);
    EXPECT_EQ(store().Delete(name).error().code, ErrorCode::kInvalid);
  };
  for (const char* name : {"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..",
                           ".tmp/1", "a/.hidden", "a b", "a\\b", "\u00e9", "a:b", "a\nb", "*"})
    expect_refused(name);
  expect_refused(std::string("a\0b", 3));
  expect_refused(std::string(256, 'a'));
  std::string deep = "a";
  while (deep.size() <= 1024) deep += "/a";
  expect_refused(deep);
  EXPECT_TRUE(store().Put("A-z_0.9/" + std::string(255, 'a'), "x").ok());
  EXPECT_EQ(store().List("../").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(store().List("/").error().code, ErrorCode::kInvalid);
}

// --- What the local store promises about the disk ------------------------------------------------

// One way to put an object; the name says which in a failure.
struct PutWay {
  const char* name;
  std::function<Status(ObjectStore&, const std::string&, std::string_view)> put;
};
const std::vector<PutWay>& PutWays() {
  static const auto& ways = *new std::vector<PutWay>{
      {"Put", [](ObjectStore& store, const std::string& name,
                 std::string_view bytes) { return store.Put(name, bytes); }},
      {"PutIfAbsent", [](ObjectStore& store, const std::string& name,
                         std::string_view bytes) { return store.PutIfAbsent(name, bytes); }},
      {"StartPut",
       [](ObjectStore& store, const std::string& name, std::string_view bytes) -> Status {
         auto writer = store.StartPut(name);
         if (!writer.ok()) return std::move(writer).error();
         for (std::size_t at = 0; at < bytes.size(); at += 1'000)
           if (Status appended = (*writer)->Append(bytes.substr(at, 1'000)); !appended.ok())
             return appended;
         return (*writer)->Finish();
       }},
  };
  return ways;
}

const std::string kBytes(5'000, 'b');  // several sectors

TEST(LocalStore, AnAcknowledgedPutSurvivesAPowerCut) {
  for (const PutWay& way : PutWays())
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      SCOPED_TRACE(way.name);
      FaultFileSystem fs;
      ASSERT_TRUE(way.put(*MakeLocalStore(fs, "/data/objects"), "new/folder/a", kBytes).ok());
      fs.PowerCut(seed);
      const auto store = MakeLocalStore(fs, "/data/objects");
      EXPECT_EQ(Content(*store, "new/folder/a"), kBytes) << seed;
      EXPECT_THAT(Names(*store, ""), ElementsAre("new/folder/a"));
    }
}

TEST(LocalStore, APutCutShortIsThereAsAWholeOrNotAtAll) {
  for (const PutWay& way : PutWays())
    for (std::uint64_t seed = 0; seed < 10; ++seed)
      for (std::uint64_t call = 1;; ++call) {
        SCOPED_TRACE(std::string(way.name) + ", seed " + std::to_string(seed) + ", call " +
                     std::to_string(call));
        FaultFileSystem fs;
        const auto dying_store = MakeLocalStore(fs, "/data");
        ASSERT_TRUE(dying_store->Put("folder/kept", "kept").ok());
        fs.DieAtCall(call);
        const bool is_acknowledged = way.put(*dying_store, "folder/new/a", kBytes).ok();
        if (!fs.is_dead()) break;
        fs.PowerCut(seed);
        const auto store = MakeLocalStore(fs, "/data");
        const std::string content = Content(*store, "folder/new/a");
        EXPECT_TRUE(content == kBytes || (!is_acknowledged && content == "<not found>"));
        EXPECT_EQ(Content(*store, "folder/kept"), "kept");
        // The next put works, and after it nothing is left of the first but the object itself.
        ASSERT_TRUE(store->Put("folder/next", "next").ok());
        EXPECT_THAT(*fs.List("/data/.tmp"), IsEmpty());
      }
}

TEST(LocalStore, AReplacedObjectIsTheOldOrTheNewOne) {
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    for (std::uint64_t call = 1;; ++call) {
      FaultFileSystem fs;
      ASSERT_TRUE(MakeLocalStore(fs, "/data")->Put("a", "old").ok());
      fs.DieAtCall(call);
      const bool is_acknowledged = MakeLocalStore(fs, "/data")->Put("a", kBytes).ok();
      if (!fs.is_dead()) break;
      fs.PowerCut(seed);
      const std::string content = Content(*MakeLocalStore(fs, "/data"), "a");
      EXPECT_TRUE(content == kBytes || (!is_acknowledged && content == "old")) << content;
    }
}

TEST(LocalStore, ADeletedObjectStaysDeleted) {
  FaultFileSystem fs;
  auto store = MakeLocalStore(fs, "/data");
  ASSERT_TRUE(store->Put("x/a", "a").ok());
  ASSERT_TRUE(store->Delete("x/a").ok());
  fs.PowerCutLosingAll();
  EXPECT_EQ(Content(*MakeLocalStore(fs, "/data"), "x/a"), "<not found>");
}

TEST(LocalStore, AFailedPutLeavesNothingBehind) {
  for (const PutWay& way : PutWays())
    for (const Fault fault : {Fault::kNoSpace, Fault::kShortWrite, Fault::kIo})
      for (const FaultCall call :
           {FaultCall::kOpen, FaultCall::kWrite, FaultCall::kSyncData, FaultCall::kRename,
            FaultCall::kLink, FaultCall::kCreateDirectories}) {
        FaultFileSystem fs;
        auto store = MakeLocalStore(fs, "/data");
        ASSERT_TRUE(store->Put("kept", "kept").ok());
        fs.FailCall(1, fault, call);
        const Status put = way.put(*store, "new/a", kBytes);
        if (fs.faults_hit() == 0) continue;  // this way of putting makes no such call
        SCOPED_TRACE(std::string(way.name) + ", call " + std::to_string(static_cast<int>(call)));
        ASSERT_FALSE(put.ok());
        EXPECT_EQ(put.error().code, fault == Fault::kIo || call == FaultCall::kSyncData
                                        ? ErrorCode::kIo
                                        : ErrorCode::kUnavailable);
        EXPECT_EQ(Content(*store, "new/a"), "<not found>");
        EXPECT_THAT(*fs.List("/data/.tmp"), IsEmpty());
        EXPECT_TRUE(way.put(*store, "new/a", kBytes).ok()) << "and the next one works";
      }
}

TEST(LocalStore, GivesSpaceBackWhenTheDiskIsFull) {
  FaultFileSystem fs;
  auto store = MakeLocalStore(fs, "/data");
  ASSERT_TRUE(store->Put("kept", "kept").ok());
  fs.SetCapacity(1'000);
  for (const PutWay& way : PutWays()) {
    SCOPED_TRACE(way.name);
    EXPECT_EQ(way.put(*store, "a", kBytes).error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(fs.used_bytes(), 4u);
  }
  auto writer = std::move(store->StartPut("a")).value();
  EXPECT_FALSE(writer->Append(kBytes).ok());
  EXPECT_EQ(fs.used_bytes(), 4u) << "at once, not when the writer goes";
  EXPECT_FALSE(writer->Append("x").ok());
  EXPECT_FALSE(writer->Finish().ok());
}

TEST(LocalStore, ForgetsADirectoryThatCouldNotBeMadeDurable) {
  FaultFileSystem fs;
  auto store = MakeLocalStore(fs, "/data");
  ASSERT_TRUE(store->Put("kept", "kept").ok());
  fs.FailAll(Fault::kIo, FaultCall::kSyncDirectory);
  EXPECT_FALSE(store->Put("new/a", "a").ok());
  fs.ClearFaults();
  ASSERT_TRUE(store->Put("new/a", "a").ok());
  fs.PowerCutLosingAll();
  EXPECT_EQ(Content(*MakeLocalStore(fs, "/data"), "new/a"), "a");
}

TEST(LocalStore, DoesNotListWhatIsNotItsOwn) {
  FaultFileSystem fs;
  auto store = MakeLocalStore(fs, "/data");
  ASSERT_TRUE(store->Put("a", "a").ok());
  ASSERT_TRUE(WriteFileAtomically(fs, "/data/.hidden", "x").ok());
  ASSERT_TRUE(fs.CreateDirectories("/data/lost+found").ok());
  ASSERT_TRUE(WriteFileAtomically(fs, "/data/lost+found/b", "x").ok());
  auto writer = std::move(store->StartPut("b")).value();
  EXPECT_THAT(Names(*store, ""), ElementsAre("a"));
}

TEST(LocalStore, NoticesAFileThatHasShrunk) {
  FaultFileSystem fs;
  auto store = MakeLocalStore(fs, "/data");
  ASSERT_TRUE(store->Put("a", "0123456789").ok());
  const auto reader = std::move(store->Open("a")).value();
  ASSERT_TRUE((*fs.Open("/data/a", OpenMode::kReadWrite))->Truncate(4).ok());
  std::string into;
  const Status read = Read(*reader, 2, 5, into);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(read.error().message, "object 'a' ends at 4, but had 10 bytes when it was opened");
}

}  // namespace
}  // namespace tidemill::objectstore
