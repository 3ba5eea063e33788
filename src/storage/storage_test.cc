#include "storage/storage.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/log.h"
#include "storage/storage_fakes.h"
#include "testing/fault_file_system.h"
#include "testing/manual_clock.h"

namespace tidemill::storage {
namespace {

using model::DataType;
using TablePtr = std::shared_ptr<const catalog::Table>;

// One node: tables `d.cpu` and `d.mem`, and the log as the test keeps it.
class StorageTest : public ::testing::Test {
 protected:
  StorageTest() {
    // Crashes make a thousand warnings.
    CHECK(SetLogFilter("off").ok());
    const auto columns = {TestCatalog::Tag("host"), TestCatalog::Field("v", DataType::kInt64)};
    cpu_ = catalog_.Extend("d", "cpu", columns);
    mem_ = catalog_.Extend("d", "mem", columns);
    StartNode();
  }

  // A process begins on what the disk holds.
  Status TryStartNode() {
    store_ = objectstore::MakeLocalStore(fs_, "/data");
    engine_.emplace(*store_);
    auto opened =
        Storage::Open(fs_, clock_, random_, *store_, catalog_.get(), *engine_, metrics_, options_);
    TRY(opened);
    storage_ = std::move(opened).value();
    return Ok();
  }
  void StartNode() {
    const Status started = TryStartNode();
    ASSERT_TRUE(started.ok()) << started.error().message;
  }
  void ReplayLog() {
    for (const wal::CommittedRecord& record : log_) {
      const Status replayed = storage_->Replay(record);
      ASSERT_TRUE(replayed.ok()) << replayed.error().message;
    }
  }

  static std::vector<TestRow> Row(std::int64_t time, const std::string& host = "a") {
    return {{time, {{"host", host}}, {{"v", time}}}};
  }
  void Commit(wal::Record record) {
    log_.push_back(Committed(log_.size() + 1, std::move(record)));
    storage_->OnCommitted(Group({log_.back()}));
  }
  void Write(const TablePtr& table, const std::vector<TestRow>& rows) {
    Commit(MakeRecord(catalog_.get(), {{table, rows}}));
    for (const TestRow& row : rows) model_[table->id].push_back(RowText(row, *table));
  }
  VersionPtr Pin(const TablePtr& table) {
    const TableId id = table->id;
    return storage_->Pin({&id, 1})[0];
  }
  std::vector<std::string> Read(const TablePtr& table) { return ReadVersion(*Pin(table), *store_); }
  std::vector<std::string> Model(const TablePtr& table) {
    auto rows = model_[table->id];
    std::sort(rows.begin(), rows.end());
    return rows;
  }
  void FlushAll() {
    const auto flushed = storage_->FlushAll();
    ASSERT_TRUE(flushed.ok()) << flushed.error().message;
  }
  std::vector<std::string> Objects() {
    std::vector<std::string> names;
    const auto listed = store_->List("n/dbs/");
    for (const auto& object : listed.value()) names.push_back(object.name);
    return names;
  }

  testing::FaultFileSystem fs_;
  testing::ManualClock clock_;
  testing::SeededRandom random_;
  observe::Metrics metrics_;
  TestCatalog catalog_;
  TablePtr cpu_;
  TablePtr mem_;
  Storage::Options options_{.manifest_path = "/data/n/manifest", .object_prefix = "n/"};
  std::unique_ptr<objectstore::ObjectStore> store_;
  std::optional<FakeInternalEngine> engine_;
  std::unique_ptr<Storage> storage_;
  std::vector<wal::CommittedRecord> log_;
  std::map<TableId, std::vector<std::string>> model_;
};

TEST_F(StorageTest, ATableThatNeverHadARowIsEmpty) {
  const VersionPtr version = Pin(cpu_);
  EXPECT_EQ(version->table, cpu_->id);
  EXPECT_EQ(version->buffered_rows(), 0U);
  EXPECT_TRUE(version->files.empty());
}

TEST_F(StorageTest, RowsAreVisibleWhenTheirGroupIs) {
  Write(cpu_, Row(1));
  Write(mem_, Row(2));
  Write(cpu_, Row(3, "b"));
  EXPECT_EQ(Read(cpu_), Model(cpu_));
  EXPECT_EQ(Read(mem_), Model(mem_));
  EXPECT_EQ(Pin(cpu_)->visible, 3U);
  EXPECT_EQ(Pin(mem_)->visible, 2U);
}

TEST_F(StorageTest, AWriteToTwoTablesIsSeenInBothOrInNeither) {
  constexpr int kWrites = 2'000;
  std::atomic<bool> is_done = false;
  std::size_t torn = 0;
  std::thread reader([&] {
    const std::vector<TableId> both = {cpu_->id, mem_->id};
    while (!is_done) {
      const auto pinned = storage_->Pin(both);
      if (pinned[0]->buffered_rows() != pinned[1]->buffered_rows()) ++torn;
    }
  });
  for (int i = 1; i <= kWrites; ++i) {
    Commit(MakeRecord(catalog_.get(), {{cpu_, Row(i)}, {mem_, Row(i)}}));
  }
  is_done = true;
  reader.join();
  EXPECT_EQ(torn, 0U);
  EXPECT_EQ(Pin(cpu_)->buffered_rows(), static_cast<std::size_t>(kWrites));
}

TEST_F(StorageTest, ReadersSeeEveryRowOnceWhileGroupsComeAndFlushesGo) {
  constexpr Sequence kWrites = 1'500;
  std::atomic<bool> is_done = false;
  std::size_t wrong = 0;
  std::size_t looks = 0;
  std::thread reader([&] {
    Sequence newest = 0;
    while (!is_done || looks == 0) {
      const VersionPtr version = Pin(cpu_);
      std::uint64_t rows = ReadSlices(version->chunks).size();
      for (const auto& file : version->files) rows += file->rows;
      if (rows != version->visible || version->visible < newest) ++wrong;
      newest = version->visible;
      ++looks;
    }
  });
  std::thread flusher([&] {
    while (!is_done) (void)storage_->FlushAll();
  });
  for (Sequence i = 1; i <= kWrites; ++i) {
    Write(cpu_, Row(static_cast<std::int64_t>(i), i % 7 == 0 ? "b" : "a"));
  }
  is_done = true;
  reader.join();
  flusher.join();
  EXPECT_EQ(wrong, 0U) << "of " << looks;
  EXPECT_EQ(Read(cpu_), Model(cpu_));
}

TEST_F(StorageTest, OutputsOfARunAreRowsLikeOthers) {
  wal::RunCommit run;
  run.outputs = {MakeRecord(catalog_.get(), {{cpu_, Row(1)}}),
                 MakeRecord(catalog_.get(), {{mem_, Row(2)}, {cpu_, Row(3)}})};
  Commit(run);
  EXPECT_EQ(Pin(cpu_)->buffered_rows(), 2U);
  EXPECT_EQ(Pin(mem_)->buffered_rows(), 1U);
}

TEST_F(StorageTest, AFlushMovesRowsToFilesAndReadersSeeTheSame) {
  for (int i = 0; i < 50; ++i) Write(i % 3 == 0 ? mem_ : cpu_, Row(i, i % 2 == 0 ? "a" : "b"));
  const VersionPtr before = Pin(cpu_);
  const auto flushed = storage_->FlushAll();
  ASSERT_TRUE(flushed.ok()) << flushed.error().message;
  EXPECT_EQ(flushed->files, 2U);
  EXPECT_EQ(flushed->rows, 50U);
  EXPECT_EQ(Pin(cpu_)->buffered_rows(), 0U);
  EXPECT_EQ(Read(cpu_), Model(cpu_));
  EXPECT_EQ(Read(mem_), Model(mem_));
  EXPECT_EQ(ReadVersion(*before, *store_), Model(cpu_)) << "a pinned version does not change";
  Write(cpu_, Row(100));
  EXPECT_EQ(Read(cpu_), Model(cpu_));
}

TEST_F(StorageTest, FilesSayWhatTheyHold) {
  Write(cpu_, Row(5));
  Write(mem_, Row(6));
  Write(cpu_, Row(2));
  FlushAll();
  Write(cpu_, Row(9));
  FlushAll();
  const FileList files = Pin(cpu_)->files;
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0]->object, fmt::format("n/dbs/{}/{}/0000000001.parquet", cpu_->database.value(),
                                          cpu_->id.value()));
  EXPECT_EQ(files[0]->first_sequence, 0U);
  EXPECT_EQ(files[0]->last_sequence, 3U);
  EXPECT_EQ(files[0]->rows, 2U);
  EXPECT_EQ(files[0]->min_time, Timestamp(2));
  EXPECT_EQ(files[0]->max_time, Timestamp(5));
  EXPECT_TRUE(files[0]->may_overwrite);
  EXPECT_EQ(files[0]->overwrite_min, Timestamp(2));
  EXPECT_EQ(files[0]->overwrite_max, Timestamp(2));
  EXPECT_EQ(files[1]->first_sequence, 3U);
  EXPECT_EQ(files[1]->last_sequence, 4U);
  EXPECT_FALSE(files[1]->may_overwrite);
  EXPECT_EQ(storage_->Files().size(), 3U);
  EXPECT_TRUE(store_->Get(files[0]->object + ".crc").ok());
}

TEST_F(StorageTest, RowsThatArriveDuringAFlushStayInMemory) {
  Write(cpu_, Row(1));
  engine_->before_write = [&] {
    engine_->before_write = nullptr;
    Write(cpu_, Row(2, "new"));
    EXPECT_EQ(Read(cpu_), Model(cpu_)) << "in the middle of a flush";
  };
  FlushAll();
  EXPECT_EQ(Pin(cpu_)->buffered_rows(), 1U);
  EXPECT_EQ(Pin(cpu_)->files.size(), 1U);
  EXPECT_EQ(Read(cpu_), Model(cpu_));
  FlushAll();
  EXPECT_EQ(Read(cpu_), Model(cpu_));
}

TEST_F(StorageTest, AfterARestartReplayBringsBackWhatWasNotFlushedAndNothingTwice) {
  Write(cpu_, Row(1));
  Write(mem_, Row(2));
  FlushAll();
  Write(cpu_, Row(3));
  storage_.reset();
  fs_.PowerCutLosingAll();
  StartNode();
  ReplayLog();
  EXPECT_EQ(Pin(cpu_)->buffered_rows(), 0U) << "nothing is visible before the end of the replay";
  FlushAll();
  EXPECT_EQ(Read(cpu_), Model(cpu_));
  EXPECT_EQ(Read(mem_), Model(mem_));
  EXPECT_EQ(Pin(cpu_)->files.size(), 2U);
}

TEST_F(StorageTest, NoRowIsLostOrDoubledByACrashAtAnyStep) {
  const auto one_life = [&] {
    // What the log may forget once a flush has succeeded.
    std::size_t forgotten = 0;
    if (!TryStartNode().ok()) return forgotten;
    for (int round = 0; round < 3; ++round) {
      Write(cpu_, Row(round * 2));
      Write(mem_, Row(round * 2 + 1, "b"));
      if (storage_->FlushAll().ok()) forgotten = log_.size();
    }
    Write(cpu_, Row(100));
    return forgotten;
  };
  for (std::uint64_t call = 1;; ++call) {
    SCOPED_TRACE(call);
    storage_.reset();
    log_.clear();
    model_.clear();
    fs_.PowerCutLosingAll();
    for (const auto& object : Objects()) ASSERT_TRUE(store_->Delete(object).ok());
    if (fs_.Exists("/data/n/manifest").value()) {
      ASSERT_TRUE(fs_.Remove("/data/n/manifest").ok());
    }
    fs_.DieAtCall(call);
    const std::size_t forgotten = one_life();
    const bool is_over = !fs_.is_dead();
    storage_.reset();
    fs_.PowerCut(call);

    StartNode();
    log_.erase(log_.begin(), log_.begin() + static_cast<std::ptrdiff_t>(forgotten));
    ReplayLog();
    FlushAll();
    EXPECT_EQ(Read(cpu_), Model(cpu_));
    EXPECT_EQ(Read(mem_), Model(mem_));
    if (is_over) break;
  }
}

TEST_F(StorageTest, AFlushThatFailsKeepsTheRowsAndIsTriedAgain) {
  Write(cpu_, Row(1));
  fs_.FailAll(testing::Fault::kNoSpace);
  EXPECT_FALSE(storage_->FlushAll().ok());
  EXPECT_EQ(Pin(cpu_)->buffered_rows(), 1U);
  fs_.ClearFaults();
  Write(cpu_, Row(2));
  FlushAll();
  EXPECT_EQ(Read(cpu_), Model(cpu_));
  EXPECT_EQ(Pin(cpu_)->files.size(), 1U);
  EXPECT_EQ(Objects().size(), 2U) << "a file and its checksums";
}

TEST_F(StorageTest, FileNumbersAreNeverGivenTwice) {
  Write(cpu_, Row(1));
  FlushAll();
  const std::string orphan =
      fmt::format("n/dbs/{}/{}/0000000041.parquet", cpu_->database.value(), cpu_->id.value());
  ASSERT_TRUE(store_->Put(orphan, "left by a crash").ok());
  storage_.reset();
  StartNode();
  Write(cpu_, Row(2));
  FlushAll();
  EXPECT_EQ(storage_->Files().back()->number, 42U);
}

TEST_F(StorageTest, DoesNotStartWithoutAManifestWhereThereAreDataFiles) {
  Write(cpu_, Row(1));
  FlushAll();
  storage_.reset();
  ASSERT_TRUE(fs_.Remove("/data/n/manifest").ok());
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Status started = TryStartNode();
    ASSERT_FALSE(started.ok());
    EXPECT_EQ(started.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(started.error().message.find("the manifest '/data/n/manifest' is missing"),
              std::string::npos);
  }
  EXPECT_EQ(Objects().size(), 2U);
}

TEST_F(StorageTest, RowsOlderThanTheRetentionAreNotSeen) {
  catalog_.Change(catalog::SetRetention{"d", std::chrono::hours(1)});
  const std::int64_t now = clock_.Now().nanos();
  const std::int64_t hour = 3'600'000'000'000;
  Write(cpu_, Row(now - 3 * hour));
  FlushAll();
  Write(cpu_, Row(now));
  const VersionPtr version = Pin(cpu_);
  EXPECT_EQ(version->cutoff, Timestamp(now - hour));
  EXPECT_TRUE(version->files.empty()) << "a file that is wholly too old is left out";
  clock_.SetWall(Timestamp(now - hour));
  EXPECT_EQ(Pin(cpu_)->cutoff, Timestamp(now - hour)) << "the clock went back";
  EXPECT_EQ(Pin(cpu_)->buffered_rows(), 1U);
}

TEST_F(StorageTest, TheRetentionCutoffSurvivesARestart) {
  catalog_.Change(catalog::SetRetention{"d", std::chrono::hours(1)});
  Write(cpu_, Row(1));
  const Timestamp cutoff = Pin(cpu_)->cutoff;
  FlushAll();
  storage_.reset();
  clock_.SetWall(clock_.Now() - std::chrono::hours(5));
  StartNode();
  EXPECT_EQ(Pin(cpu_)->cutoff, cutoff);
}

TEST_F(StorageTest, AnExpiredFileLivesUntilItsLastReaderIsDone) {
  Write(cpu_, Row(clock_.Now().nanos()));
  FlushAll();
  VersionPtr pinned = Pin(cpu_);
  catalog_.Change(catalog::SetRetention{"d", std::chrono::hours(1)});
  EXPECT_EQ(storage_->DropExpiredFiles().value(), 0U);
  clock_.Advance(std::chrono::hours(2));
  EXPECT_EQ(storage_->DropExpiredFiles().value(), 1U);
  EXPECT_TRUE(storage_->Files().empty());

  EXPECT_EQ(storage_->DeleteUnusedFiles(), 0U);
  EXPECT_EQ(ReadVersion(*pinned, *store_), Model(cpu_));
  pinned = nullptr;
  EXPECT_EQ(storage_->DeleteUnusedFiles(), 1U);
  EXPECT_TRUE(Objects().empty());

  storage_.reset();
  StartNode();
  EXPECT_TRUE(storage_->Files().empty());
}

TEST_F(StorageTest, RefusesWritesAboveTheHardLimit) {
  options_.buffer_bytes_hard = 1 << 20;
  StartNode();
  EXPECT_TRUE(storage_->AdmitWrite().ok());
  std::vector<TestRow> rows(60'000);
  for (TestRow& row : rows) row.fields["v"] = std::int64_t{1};
  Write(cpu_, rows);
  const Status refused = storage_->AdmitWrite();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  FlushAll();
  EXPECT_TRUE(storage_->AdmitWrite().ok());
  EXPECT_EQ(storage_->buffer_bytes(), 0U);
}

TEST_F(StorageTest, ReplayOfAnUnknownTableIsSkippedAndOfANewerCatalogRefused) {
  wal::RowsRecord dropped = MakeRecord(catalog_.get(), {{cpu_, Row(1)}});
  dropped.tables[0].table = TableId(999);
  EXPECT_TRUE(storage_->Replay(Committed(1, dropped)).ok());
  EXPECT_NE(metrics_.Print().find("tidemill_storage_rows_of_dropped_tables_total 1"),
            std::string::npos);

  wal::RowsRecord newer = MakeRecord(catalog_.get(), {{cpu_, Row(1)}});
  newer.catalog_sequence = 1'000;
  const Status refused = storage_->Replay(Committed(2, newer));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);

  auto alien = std::make_shared<columnar::RowBlock>(MakeBlock(*cpu_, Row(1)));
  alien->fields[0].column = ColumnId(77);
  wal::RowsRecord unknown = MakeRecord(catalog_.get(), {});
  unknown.tables = {{cpu_->id, alien}};
  EXPECT_EQ(storage_->Replay(Committed(3, unknown)).error().code, ErrorCode::kCorrupt);
}

TEST_F(StorageTest, CarriedRowsCountOnceWhetherTheirFirstCopyIsStillThereOrNot) {
  const auto first = MakeRecord(catalog_.get(), {{cpu_, Row(1)}});
  const auto later = MakeRecord(catalog_.get(), {{cpu_, Row(2)}});
  for (const bool has_first_copy : {true, false}) {
    SCOPED_TRACE(has_first_copy);
    StartNode();
    if (has_first_copy) {
      ASSERT_TRUE(storage_->Replay(Committed(1, first)).ok());
    }
    ASSERT_TRUE(storage_->Replay(Committed(5, later)).ok());
    ASSERT_TRUE(storage_->Replay(Committed(9, wal::CarriedRows{1, first})).ok());
    ASSERT_TRUE(storage_->Replay(Committed(10, wal::CarriedRows{1, first})).ok());
    storage_->OnCommitted(Group({Committed(11, wal::CarriedRows{1, first})}));
    storage_->OnCommitted(Group({Committed(12, MakeRecord(catalog_.get(), {{mem_, Row(3)}}))}));
    const auto flushed = storage_->FlushAll();
    EXPECT_EQ(flushed->rows, 3U);
    storage_.reset();
    for (const auto& object : Objects()) ASSERT_TRUE(store_->Delete(object).ok());
    ASSERT_TRUE(fs_.Remove("/data/n/manifest").ok());
  }
}

TEST_F(StorageTest, WorksInMemoryAlone) {
  options_ = {};
  fs_.PowerCutLosingAll();
  store_ = objectstore::MakeMemoryStore();
  engine_.emplace(*store_);
  auto opened =
      Storage::Open(fs_, clock_, random_, *store_, catalog_.get(), *engine_, metrics_, options_);
  ASSERT_TRUE(opened.ok());
  storage_ = std::move(opened).value();
  Write(cpu_, Row(1));
  FlushAll();
  EXPECT_EQ(Read(cpu_), Model(cpu_));
  EXPECT_EQ(Pin(cpu_)->files.size(), 1U);
}

}  // namespace
}  // namespace tidemill::storage
