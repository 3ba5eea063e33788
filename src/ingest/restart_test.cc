// An odd but accepted payload never stops a restart: what the parser lets through goes through the
// log and comes back, row for row, in the log and in the buffer.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/log.h"
#include "base/status_macros.h"
#include "catalog/change.h"
#include "ingest/write_service.h"
#include "lineproto/body_generator_for_test.h"
#include "storage/storage_fakes.h"
#include "testing/fault_file_system.h"
#include "testing/manual_clock.h"
#include "wal/records.h"

namespace tidemill::ingest {
namespace {

using Bytes = std::vector<std::string>;

// One process of a node on a disk that outlives it; stops without flushing anything.
class Node {
 public:
  explicit Node(FileSystem& fs) : fs_(fs) {}
  ~Node() {
    if (wal_ != nullptr) wal_->Stop();
    if (storage_ != nullptr) storage_->Stop();
    if (catalog_ != nullptr) catalog_->Stop();
  }

  Status Start() {
    TRY_ASSIGN(catalog_,
               catalog::Catalog::Open(fs_, random_, {.directory = "/n/catalog", .limits = {}}));
    TRY_ASSIGN(storage_,
               storage::Storage::Open(fs_, clock_, random_, *store_, *catalog_, engine_, metrics_,
                                      {.manifest_path = "/n/manifest", .object_prefix = "n/"}));
    TRY_ASSIGN(
        wal_,
        wal::Wal::Open(fs_, clock_, random_, metrics_,
                       {.directory = "/n/wal", .segment_bytes = 4 << 20, .reserve_bytes = 4 << 10},
                       [this](const wal::CommittedRecord& record) {
                         Keep(record);
                         return storage_->Replay(record);
                       }));
    TRY(storage_->Start(*wal_));
    wal_->Start({storage_.get(), &recorder_});
    service_.emplace(clock_, *catalog_, *wal_, *storage_, metrics_);
    return Ok();
  }
  Result<WriteOutcome> Write(std::string database, std::string body, model::Precision precision) {
    WriteRequest request;
    request.database = std::move(database);
    request.accept_partial = true;
    request.body = std::move(body);
    request.precision = precision;
    return BlockOn(service_->Write(request));
  }
  // The rows records that were replayed or committed, as their bytes on disk.
  Bytes Records() const {
    MutexLock lock(mutex_);
    return records_;
  }
  // What a reader sees of every table.
  Bytes Visible() {
    Bytes rows;
    const auto snapshot = catalog_->Get();
    for (const auto& [id, table] : snapshot->tables_by_id) {
      for (const std::string& row : storage::ReadVersion(*storage_->Pin({&id, 1})[0], *store_)) {
        rows.push_back(std::to_string(id.value()) + " " + row);
      }
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }
  std::string Catalog() const { return catalog::EncodeSnapshot(*catalog_->Get()); }

 private:
  class Recorder final : public wal::GroupListener {
   public:
    explicit Recorder(Node& node) : node_(node) {}
    void OnCommitted(const wal::GroupPtr& group) override {
      for (const wal::CommittedRecord& record : group->records) node_.Keep(record);
    }

   private:
    Node& node_;
  };
  void Keep(const wal::CommittedRecord& record) {
    std::string bytes = std::to_string(record.sequence) + " ";
    wal::EncodeRecord(*record.record, bytes);
    MutexLock lock(mutex_);
    records_.push_back(std::move(bytes));
  }

  FileSystem& fs_;
  testing::ManualClock clock_{Timestamp(1'700'000'000'987'654'321)};
  testing::SeededRandom random_;
  observe::Metrics metrics_;
  std::unique_ptr<objectstore::ObjectStore> store_ = objectstore::MakeMemoryStore();
  storage::FakeInternalEngine engine_{*store_};
  Recorder recorder_{*this};
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<wal::Wal> wal_;
  std::optional<WriteService> service_;
  mutable Mutex mutex_;
  Bytes records_ GUARDED_BY(mutex_);
};

// Two bodies meet in each database: more, and most of their lines would be refused for their types.
void ExpectComesBack(const Bytes& bodies, std::size_t accepted_min) {
  CHECK(SetLogFilter("off").ok());
  testing::FaultFileSystem fs;
  Bytes records;
  Bytes visible;
  std::string snapshot;
  {
    Node node(fs);
    ASSERT_TRUE(node.Start().ok());
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      const auto written =
          node.Write("db" + std::to_string(i / 2), bodies[i], static_cast<model::Precision>(i % 5));
      accepted += written.ok() && written->lines_written > 0 ? 1 : 0;
    }
    EXPECT_GE(accepted, accepted_min);
    records = node.Records();
    EXPECT_EQ(records.size(), accepted);
    visible = node.Visible();
    snapshot = node.Catalog();
  }
  Node node(fs);
  const Status started = node.Start();
  ASSERT_TRUE(started.ok()) << started.error().message;
  EXPECT_TRUE(node.Records() == records);
  EXPECT_TRUE(node.Visible() == visible) << node.Visible().size() << " rows, " << visible.size();
  EXPECT_EQ(node.Catalog(), snapshot);
  EXPECT_TRUE(node.Write("db", "m v=1 1", model::Precision::kSecond).ok()) << "and it goes on";
}

TEST(Restart, BringsBackWhateverTheFuzzersFound) {
  Bytes bodies;
  for (const auto& file : std::filesystem::directory_iterator(TIDEMILL_LINEPROTO_CORPUS)) {
    std::ifstream in(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!bytes.empty()) bodies.push_back(bytes.substr(1));  // the first chooses fuzzer options
  }
  ASSERT_FALSE(bodies.empty());
  ExpectComesBack(bodies, 5);
}

TEST(Restart, BringsBackGeneratedBodies) {
  Bytes bodies;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    bodies.push_back(lineproto::BodyGenerator(seed).Body(1 + seed % 25));
  }
  ExpectComesBack(bodies, 1000);
}

}  // namespace
}  // namespace tidemill::ingest
