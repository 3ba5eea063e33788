// Storage behind the real log: what was acknowledged is there once, whatever step a crash hits.
#include <gtest/gtest.h>

#include <latch>
#include <set>
#include <thread>
#include <utility>

#include "base/log.h"
#include "storage/storage.h"
#include "storage/storage_fakes.h"
#include "testing/fault_file_system.h"
#include "testing/manual_clock.h"

namespace tidemill::storage {
namespace {

using TablePtr = std::shared_ptr<const catalog::Table>;

// One process of a node on a disk that outlives it.
class Node {
 public:
  Node(FileSystem& fs, TestCatalog& catalog) : fs_(fs), catalog_(catalog) {}
  ~Node() {
    if (wal_ != nullptr) wal_->Stop();
    if (storage_ != nullptr) storage_->Stop();
  }

  Status Start() {
    TRY_ASSIGN(storage_, Storage::Open(fs_, clock_, random_, *store_, catalog_.get(), engine_,
                                       metrics_, options));
    TRY_ASSIGN(
        wal_, wal::Wal::Open(
                  fs_, clock_, random_, metrics_,
                  {.directory = "/data/n/wal", .segment_bytes = 1 << 10, .reserve_bytes = 4 << 10},
                  [this](const wal::CommittedRecord& record) { return storage_->Replay(record); }));
    TRY(storage_->Start(*wal_));
    wal_->Start({storage_.get()});
    return Ok();
  }
  Result<Sequence> Write(const TablePtr& table, std::int64_t time) {
    TestRow row{time, {{"host", fmt::format("h{}", time % 3)}}, {{"v", time}}};
    return Await(wal_->Append(MakeRecord(catalog_.get(), {{table, {row}}})));
  }
  // The times of the rows that a reader sees.
  std::multiset<std::int64_t> Times(const TablePtr& table) {
    std::multiset<std::int64_t> times;
    const TableId id = table->id;
    for (const std::string& row : ReadVersion(*storage_->Pin({&id, 1})[0], *store_)) {
      times.insert(std::stoll(row.substr(2)));
    }
    return times;
  }
  Storage::Options options{.manifest_path = "/data/n/manifest", .object_prefix = "n/"};
  FakeInternalEngine& engine() { return engine_; }
  Storage& storage() { return *storage_; }
  wal::Wal& wal() { return *wal_; }
  objectstore::ObjectStore& store() { return *store_; }

 private:
  FileSystem& fs_;
  TestCatalog& catalog_;
  testing::ManualClock clock_;
  testing::SeededRandom random_;
  observe::Metrics metrics_;
  std::unique_ptr<objectstore::ObjectStore> store_ = objectstore::MakeLocalStore(fs_, "/data");
  FakeInternalEngine engine_{*store_};
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<wal::Wal> wal_;
};

class StorageWalTest : public ::testing::Test {
 protected:
  StorageWalTest() {
    CHECK(SetLogFilter("off").ok());
    cpu_ = catalog_.Extend(
        "d", "cpu", {TestCatalog::Tag("host"), TestCatalog::Field("v", model::DataType::kInt64)});
  }
  TestCatalog catalog_;
  TablePtr cpu_;
};

// Two lives of a node in which rows are written while flushes go on, then a power cut at the given
// call of the file system. Returns whether they took fewer calls than that.
bool LiveAndCrash(testing::FaultFileSystem& fs, TestCatalog& catalog, const TablePtr& table,
                  std::uint64_t call, std::set<std::int64_t>& acknowledged) {
  constexpr std::int64_t kRowsPerLife = 24;
  fs.DieAtCall(call);
  for (std::int64_t life = 0; life < 2; ++life) {
    Node node(fs, catalog);
    if (!node.Start().ok()) break;
    std::thread writer([&] {
      for (std::int64_t i = 0; i < kRowsPerLife; ++i) {
        const std::int64_t time = life * kRowsPerLife + i;
        if (node.Write(table, time).ok()) acknowledged.insert(time);
      }
    });
    for (int round = 0; round < 3; ++round) (void)node.storage().FlushAll();
    writer.join();
    if (life == 0) (void)node.storage().FlushAll();
  }
  const bool is_over = !fs.is_dead();
  fs.PowerCut(call);
  return is_over;
}

TEST_F(StorageWalTest, AnAcknowledgedRowIsThereOnceAfterACrashAtAnyStep) {
  bool is_over = false;
  for (std::uint64_t call = 1; !is_over; ++call) {
    SCOPED_TRACE(call);
    testing::FaultFileSystem fs;
    std::set<std::int64_t> acknowledged;
    is_over = LiveAndCrash(fs, catalog_, cpu_, call, acknowledged);

    Node node(fs, catalog_);
    const Status started = node.Start();
    ASSERT_TRUE(started.ok()) << started.error().message;
    const std::multiset<std::int64_t> seen = node.Times(cpu_);
    EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), seen.size()) << "a row is there twice";
    for (const std::int64_t time : acknowledged) {
      EXPECT_TRUE(seen.contains(time)) << "row " << time << " is lost";
    }
    ASSERT_TRUE(node.storage().FlushAll().ok());
    EXPECT_EQ(node.Times(cpu_), seen);
  }
}

TEST_F(StorageWalTest, AFlushThatFailsAtAnyStepFreesNothingOfTheLog) {
  for (std::uint64_t step = 1;; ++step) {
    SCOPED_TRACE(step);
    testing::FaultFileSystem fs;
    std::multiset<std::int64_t> written;
    bool is_over = false;
    {
      Node node(fs, catalog_);
      ASSERT_TRUE(node.Start().ok());
      const auto write = [&] {
        const auto time = static_cast<std::int64_t>(written.size());
        ASSERT_TRUE(node.Write(cpu_, time).ok());
        written.insert(time);
      };
      while (node.wal().Segments().size() < 3) write();
      fs.FailCall(step, testing::Fault::kIo);
      const bool is_flushed = node.storage().FlushAll().ok();
      is_over = fs.faults_hit() == 0;
      EXPECT_TRUE(is_flushed || !is_over);
      fs.ClearFaults();
      write();  // with it the log lets go of what it was told is in files
    }
    fs.PowerCutLosingAll();
    Node node(fs, catalog_);
    ASSERT_TRUE(node.Start().ok());
    EXPECT_EQ(node.Times(cpu_), written);
    if (is_over) break;
  }
}

TEST_F(StorageWalTest, TheLogForgetsWhatIsInFiles) {
  testing::FaultFileSystem fs;
  Node node(fs, catalog_);
  ASSERT_TRUE(node.Start().ok());
  std::int64_t time = 0;
  while (node.wal().Segments().size() < 4) ASSERT_TRUE(node.Write(cpu_, time++).ok());
  ASSERT_TRUE(node.storage().FlushAll().ok());
  // The log lets go after it has answered: when the second write is answered, it has after the
  // first.
  ASSERT_TRUE(node.Write(cpu_, time++).ok());
  ASSERT_TRUE(node.Write(cpu_, time++).ok());
  EXPECT_LE(node.wal().Segments().size(), 2U);
  EXPECT_EQ(node.Times(cpu_).size(), static_cast<std::size_t>(time));
}

TEST_F(StorageWalTest, TheLogForgetsWhatLeftNothingToFlush) {
  testing::FaultFileSystem fs;
  Node node(fs, catalog_);
  ASSERT_TRUE(node.Start().ok());
  const auto note = [&node] {  // a record without rows
    return Await(node.wal().Append(wal::TriggerGone{.trigger = TriggerId(1)})).ok();
  };
  ASSERT_TRUE(node.Write(cpu_, 1).ok());
  while (node.wal().Segments().size() < 4) ASSERT_TRUE(note());
  ASSERT_TRUE(node.storage().FlushAll().ok());
  while (node.wal().Segments().size() < 6) ASSERT_TRUE(note());
  ASSERT_TRUE(node.storage().FlushAll().ok());
  ASSERT_TRUE(note());
  ASSERT_TRUE(note());  // see above
  EXPECT_LE(node.wal().Segments().size(), 2U);
  EXPECT_EQ(node.Times(cpu_), std::multiset<std::int64_t>{1});
}

TEST_F(StorageWalTest, DoesNotStartOnALogThatEndsBeforeWhatIsInFiles) {
  testing::FaultFileSystem fs;
  {
    Node node(fs, catalog_);
    ASSERT_TRUE(node.Start().ok());
    ASSERT_TRUE(node.Write(cpu_, 1).ok());
    ASSERT_TRUE(node.storage().FlushAll().ok());
  }
  const auto entries = fs.List("/data/n/wal");
  for (const DirectoryEntry& entry : entries.value()) {
    ASSERT_TRUE(fs.Remove("/data/n/wal/" + entry.name).ok());
  }
  const Status started = Node(fs, catalog_).Start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(started.error().message.find("the log ends at write 0"), std::string::npos)
      << started.error().message;
}

TEST_F(StorageWalTest, UnlistedFilesAreDeletedAtTheNextStart) {
  testing::FaultFileSystem fs;
  const std::string orphan =
      fmt::format("n/dbs/{}/{}/0000000009.parquet", cpu_->database.value(), cpu_->id.value());
  {
    Node node(fs, catalog_);
    ASSERT_TRUE(node.Start().ok());
    ASSERT_TRUE(node.Write(cpu_, 1).ok());
    ASSERT_TRUE(node.storage().FlushAll().ok());
    ASSERT_TRUE(node.store().Put(orphan, "cut short by a crash").ok());
    ASSERT_TRUE(node.store().Put("n/dbs/notes.txt", "not ours").ok());
  }
  {
    Node node(fs, catalog_);
    ASSERT_TRUE(node.Start().ok());
  }  // the flusher's thread deletes them before anything else
  const auto store = objectstore::MakeLocalStore(fs, "/data");
  EXPECT_EQ(store->Get(orphan).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(store->Get("n/dbs/notes.txt").ok());
  EXPECT_EQ(store->List("n/dbs/").value().size(), 3U);
}

TEST_F(StorageWalTest, ALargeBufferIsFlushedInTheBackground) {
  testing::FaultFileSystem fs;
  Node node(fs, catalog_);
  node.options.flush_table_bytes = 1;
  std::latch is_flushing(1);
  node.engine().before_write = [&, first = true]() mutable {
    if (std::exchange(first, false)) is_flushing.count_down();
  };
  ASSERT_TRUE(node.Start().ok());
  ASSERT_TRUE(node.Write(cpu_, 1).ok());
  is_flushing.wait();
  node.storage().Stop();  // after the flush in hand
  EXPECT_EQ(node.storage().Files().size(), 1U);
  EXPECT_EQ(node.Times(cpu_), std::multiset<std::int64_t>{1});
}

// The log let go of rows because the manifest listed their file. If the manifest no longer does,
// nothing else has them.
TEST_F(StorageWalTest, DoesNotStartOnAManifestThatLacksAnEditTheLogReliedOn) {
  testing::FaultFileSystem fs;
  {
    Node node(fs, catalog_);
    ASSERT_TRUE(node.Start().ok());
    std::int64_t time = 0;
    while (node.wal().Segments().size() < 3) ASSERT_TRUE(node.Write(cpu_, time++).ok());
    ASSERT_TRUE(node.storage().FlushAll().ok());
    while (node.wal().Segments().front().first == 1) ASSERT_TRUE(node.Write(cpu_, time++).ok());
  }
  const auto manifest = ReadWholeFile(fs, "/data/n/manifest");
  fs.FlipBits("/data/n/manifest", manifest.value().size() - 1, 0x10);
  const Status started = Node(fs, catalog_).Start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(started.error().message.find("'/data/n/manifest' lists what was written up to write 0"),
            std::string::npos)
      << started.error().message;
}

TEST_F(StorageWalTest, AManifestThatLostItsTailCostsNoFileAtThatStart) {
  testing::FaultFileSystem fs;
  {
    Node node(fs, catalog_);
    ASSERT_TRUE(node.Start().ok());
    ASSERT_TRUE(node.Write(cpu_, 1).ok());
    ASSERT_TRUE(node.storage().FlushAll().ok());
  }
  const auto manifest = ReadWholeFile(fs, "/data/n/manifest");
  fs.FlipBits("/data/n/manifest", manifest.value().size() - 1, 0x10);
  for (const std::size_t files_left : {2, 0}) {
    Node node(fs, catalog_);
    ASSERT_TRUE(node.Start().ok());
    EXPECT_EQ(node.Times(cpu_), std::multiset<std::int64_t>{1}) << "from the log";
    node.storage().Stop();
    EXPECT_EQ(node.store().List("n/dbs/").value().size(), files_left);
  }
}

}  // namespace
}  // namespace tidemill::storage
