// Storage behind the real log: what was acknowledged is there once, whatever step a crash hits.
#include <gtest/gtest.h>

#include <set>

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
    TRY_ASSIGN(storage_,
               Storage::Open(fs_, clock_, random_, *store_, catalog_.get(), engine_, metrics_,
                             {.manifest_path = "/data/n/manifest", .object_prefix = "n/"}));
    TRY_ASSIGN(
        wal_, wal::Wal::Open(
                  fs_, clock_, random_, metrics_,
                  {.directory = "/data/n/wal", .segment_bytes = 8 << 10, .reserve_bytes = 4 << 10},
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

TEST_F(StorageWalTest, AnAcknowledgedRowIsThereOnceAfterACrashAtAnyStep) {
  for (std::uint64_t call = 1;; ++call) {
    SCOPED_TRACE(call);
    testing::FaultFileSystem fs;
    std::set<std::int64_t> acknowledged;
    std::int64_t next = 0;
    bool is_over = false;
    fs.DieAtCall(call);
    for (int life = 0; life < 2; ++life) {
      Node node(fs, catalog_);
      if (!node.Start().ok()) break;
      for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 4; ++i, ++next) {
          if (node.Write(cpu_, next).ok()) acknowledged.insert(next);
        }
        if (round < 2) (void)node.storage().FlushAll();
      }
      is_over = life == 1 && !fs.is_dead();
    }
    fs.PowerCut(call);

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
  ASSERT_TRUE(node.Write(cpu_, time++).ok());
  EXPECT_LE(node.wal().Segments().size(), 2U);
  EXPECT_EQ(node.Times(cpu_).size(), static_cast<std::size_t>(time));
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

}  // namespace
}  // namespace tidemill::storage
