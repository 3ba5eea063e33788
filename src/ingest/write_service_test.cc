#include "ingest/write_service.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/file_system.h"
#include "ingest/ingest_fakes.h"
#include "objectstore/object_store.h"
#include "testing/manual_clock.h"
#include "testing/seeded_random.h"

namespace tidemill::ingest {
namespace {

using Texts = std::vector<std::string>;

// Nothing is flushed in these tests.
class NoParquet final : public sql::InternalEngine {
 public:
  Result<sql::WrittenParquet> WriteParquet(const std::string&, const std::vector<ParquetColumn>&,
                                           BatchSource) override {
    return InternalError("no Parquet here");
  }
  Result<columnar::MergeRuns::Run> ReadParquet(const sql::ParquetFile&,
                                               const std::vector<model::Column>&) override {
    return InternalError("no Parquet here");
  }
  Result<std::string> ParquetBytes(const std::vector<columnar::ValueColumn>&,
                                   BatchSource) override {
    return InternalError("no Parquet here");
  }
};

// Keeps every record it is told of.
class Recorder final : public wal::GroupListener {
 public:
  void OnCommitted(const wal::GroupPtr& group) override {
    MutexLock lock(mutex_);
    for (const wal::CommittedRecord& record : group->records) records_.push_back(record);
  }
  std::vector<wal::CommittedRecord> records() const {
    MutexLock lock(mutex_);
    return records_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<wal::CommittedRecord> records_ GUARDED_BY(mutex_);
};

// The real catalog, log and storage, all in memory.
class WriteServiceTest : public ::testing::Test {
 protected:
  void Open(model::Limits limits = {}, std::uint64_t buffer_bytes_hard = 1 << 30) {
    catalog_ =
        catalog::Catalog::Open(*files_, random_, {.directory = "", .limits = limits}).value();
    wal_ = wal::Wal::Open(*files_, clock_, random_, metrics_, {.directory = ""},
                          [](const wal::CommittedRecord&) { return Ok(); })
               .value();
    storage::Storage::Options options;
    options.buffer_bytes_hard = buffer_bytes_hard;
    storage_ = storage::Storage::Open(*files_, clock_, random_, *store_, *catalog_, engine_,
                                      metrics_, options)
                   .value();
    ASSERT_TRUE(storage_->Start(*wal_).ok());
    wal_->Start({storage_.get(), &recorder_});
    service_.emplace(clock_, *catalog_, *wal_, *storage_, metrics_);
  }
  void SetUp() override { Open(); }
  void TearDown() override {
    wal_->Stop();
    storage_->Stop();
    catalog_->Stop();
  }

  static WriteRequest Request(std::string body) {
    WriteRequest request;
    request.database = "db";
    request.body = std::move(body);
    request.precision = model::Precision::kNanosecond;
    return request;
  }
  Result<WriteOutcome> Write(const WriteRequest& request) {
    return BlockOn(service_->Write(request));
  }
  WriteOutcome MustWrite(const WriteRequest& request) {
    auto outcome = Write(request);
    EXPECT_TRUE(outcome.ok()) << outcome.error().message;
    return outcome.ok() ? std::move(outcome).value() : WriteOutcome{};
  }
  void ExpectError(const WriteRequest& request, ErrorCode code, std::string_view message) {
    SCOPED_TRACE(request.body);
    const auto outcome = Write(request);
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().code, code);
    EXPECT_EQ(outcome.error().message, message);
  }
  // Every row in the log, in order: "table tag=value field=value @time".
  Texts Rows() const {
    Texts rows;
    const auto snapshot = catalog_->Get();
    for (const wal::CommittedRecord& committed : recorder_.records()) {
      const auto& record = std::get<wal::RowsRecord>(*committed.record);
      EXPECT_LE(record.catalog_sequence, snapshot->sequence);
      for (const wal::TableRows& table : record.tables) {
        EXPECT_TRUE(IsConsistent(*table.rows));
        const auto found = snapshot->FindTable(table.table);
        EXPECT_EQ(found->database, record.database);
        for (const std::string& row : RowTexts(*table.rows, *found))
          rows.push_back(found->name + " " + row);
      }
    }
    return rows;
  }
  std::size_t VisibleRows(std::string_view table) const {
    const catalog::Table* const found = catalog_->Get()->FindTable("db", table);
    if (found == nullptr) return 0;
    const std::vector<TableId> ids = {found->id};
    return storage_->Pin(ids)[0]->buffered_rows();
  }

  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  testing::ManualClock clock_{Timestamp(1'700'000'000'987'654'321)};
  testing::SeededRandom random_;
  observe::Metrics metrics_;
  std::unique_ptr<objectstore::ObjectStore> store_ = objectstore::MakeMemoryStore();
  NoParquet engine_;
  Recorder recorder_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<wal::Wal> wal_;
  std::unique_ptr<storage::Storage> storage_;
  std::optional<WriteService> service_;
};

TEST_F(WriteServiceTest, AWriteIsVisibleWhenItIsAnswered) {
  const WriteOutcome outcome = MustWrite(Request("cpu,host=a v=1 1\ncpu,host=b v=2 2\n"));
  EXPECT_EQ(outcome.lines_written, 2U);
  EXPECT_GT(outcome.sequence, 0U);
  EXPECT_EQ(wal_->durable(), outcome.sequence);
  EXPECT_EQ(VisibleRows("cpu"), 2U);
  EXPECT_EQ(Rows(), (Texts{"cpu host=a v=1. @1", "cpu host=b v=2. @2"}));
}

TEST_F(WriteServiceTest, MakesTheDatabaseTheTablesAndTheColumns) {
  MustWrite(Request("cpu,host=a v=1 1\nmem free=2i 2\n"));
  MustWrite(Request("cpu,host=a,region=eu w=\"x\" 3\n"));
  const auto snapshot = catalog_->Get();
  ASSERT_NE(snapshot->FindDatabase("db"), nullptr);
  const model::TableSchema& schema = snapshot->FindTable("db", "cpu")->schema;
  ASSERT_EQ(schema.columns.size(), 4U);
  EXPECT_EQ(schema.columns[2].name, "region");
  EXPECT_EQ(schema.columns[2].kind, model::ColumnKind::kTag);
  EXPECT_EQ(schema.columns[3].type, model::DataType::kString);
}

TEST_F(WriteServiceTest, AKnownSchemaIsLeftAlone) {
  MustWrite(Request("cpu,host=a v=1 1\n"));
  const std::uint64_t sequence = catalog_->Get()->sequence;
  MustWrite(Request("cpu,host=b v=2 2\n"));
  EXPECT_EQ(catalog_->Get()->sequence, sequence);
}

TEST_F(WriteServiceTest, GoodLinesAreKeptAndBadOnesNamed) {
  MustWrite(Request("cpu v=1 1\n"));
  const WriteOutcome outcome =
      MustWrite(Request("cpu v=2 2\ncpu v= 3\n\n# comment\ncpu v=4i 4\ncpu v=5 5\n"));
  EXPECT_EQ(outcome.lines_written, 2U);
  EXPECT_EQ(outcome.lines_rejected, 2U);
  ASSERT_EQ(outcome.rejected.size(), 2U);
  EXPECT_EQ(outcome.rejected[0].line_number, 2U);
  EXPECT_EQ(outcome.rejected[1].line_number, 5U);
  EXPECT_EQ(outcome.rejected[1].original_line, "cpu v=4i 4");
  EXPECT_EQ(Rows(), (Texts{"cpu v=1. @1", "cpu v=2. @2", "cpu v=5. @5"}));
}

TEST_F(WriteServiceTest, WithoutPartialAcceptanceABadLineStopsAll) {
  for (const char* body : {"new v=1 1\nnew v= 2\n", "new v=1 1\nnew v=1i 2\n"}) {
    WriteRequest request = Request(body);
    request.accept_partial = false;
    const WriteOutcome outcome = MustWrite(request);
    EXPECT_EQ(outcome.lines_written, 0U);
    EXPECT_EQ(outcome.sequence, 0U);
    ASSERT_EQ(outcome.rejected.size(), 1U);
    EXPECT_EQ(outcome.rejected[0].line_number, 2U);
  }
  EXPECT_EQ(Rows(), Texts());
  EXPECT_EQ(catalog_->Get()->FindDatabase("db"), nullptr);
}

TEST_F(WriteServiceTest, WhenAllLinesAreBadNothingIsMade) {
  const WriteOutcome outcome = MustWrite(Request("cpu v=\nmem,a=1 a=1\n"));
  EXPECT_EQ(outcome.lines_rejected, 2U);
  EXPECT_EQ(outcome.sequence, 0U);
  EXPECT_EQ(catalog_->Get()->FindDatabase("db"), nullptr);
}

TEST_F(WriteServiceTest, RefusesWhatIsNoWrite) {
  ExpectError(Request(""), ErrorCode::kInvalid, "incoming write was empty");
  ExpectError(Request(" \n\t\r\n# only a comment\n"), ErrorCode::kInvalid,
              "incoming write was empty");
  ExpectError(Request("cpu v=\"\xff\" 1"), ErrorCode::kInvalid,
              "body content is not valid utf8: line protocol is UTF-8 text");
  WriteRequest internal = Request("cpu v=1 1");
  internal.database = "_internal";
  ExpectError(internal, ErrorCode::kInvalid,
              "database '_internal' is written by the server alone: name another database");
  WriteRequest misnamed = internal;
  misnamed.database = "no blanks";
  EXPECT_EQ(Write(misnamed).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(Rows(), Texts());
}

TEST_F(WriteServiceTest, TheServerMayWriteItsOwnDatabase) {
  WriteRequest request = Request("runs,trigger=t n=1i 1");
  request.database = "_internal";
  request.internal = true;
  EXPECT_EQ(MustWrite(request).lines_written, 1U);
}

TEST_F(WriteServiceTest, LinesWithoutATimeGetTheMomentOfTheRequest) {
  MustWrite(Request("m v=1"));
  WriteRequest in_seconds = Request("m v=2");
  in_seconds.precision = model::Precision::kSecond;
  MustWrite(in_seconds);
  WriteRequest automatic = Request("m v=3");
  automatic.precision = model::Precision::kAuto;
  MustWrite(automatic);
  EXPECT_EQ(Rows(), (Texts{"m v=1. @1700000000987654321", "m v=2. @1700000000000000000",
                           "m v=3. @1700000000987654321"}));
}

TEST_F(WriteServiceTest, TheRecordSaysWhereItCameFrom) {
  WriteRequest request = Request("m v=1 1");
  request.origin = TriggerId(7);
  request.depth = 3;
  MustWrite(request);
  const auto records = recorder_.records();
  ASSERT_EQ(records.size(), 1U);
  const auto& record = std::get<wal::RowsRecord>(*records[0].record);
  EXPECT_EQ(record.origin, TriggerId(7));
  EXPECT_EQ(record.depth, 3);
  EXPECT_EQ(record.received, clock_.Now());
  EXPECT_EQ(record.catalog_sequence, catalog_->Get()->sequence);
}

TEST_F(WriteServiceTest, NoSyncIsAnsweredWithItsSequence) {
  WriteRequest request = Request("m v=1 1");
  request.no_sync = true;
  const WriteOutcome outcome = MustWrite(request);
  EXPECT_EQ(outcome.lines_written, 1U);
  EXPECT_GT(outcome.sequence, 0U);
  wal_->Stop();  // commits the open group
  EXPECT_EQ(Rows().size(), 1U);
}

TEST_F(WriteServiceTest, ARefusingLogIsAnErrorWithAndWithoutSync) {
  MustWrite(Request("m v=1 1"));
  wal_->Stop();
  WriteRequest request = Request("m v=2 2");
  EXPECT_EQ(Write(request).error().code, ErrorCode::kUnavailable);
  request.no_sync = true;
  EXPECT_EQ(Write(request).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Rows().size(), 1U);
}

TEST_F(WriteServiceTest, AFullBufferRefusesBeforeAnythingIsDone) {
  TearDown();
  Open({}, /*buffer_bytes_hard=*/1);
  MustWrite(Request("m v=1 1"));
  EXPECT_EQ(Write(Request("other v=1 1")).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(catalog_->Get()->FindTable("db", "other"), nullptr);
}

TEST_F(WriteServiceTest, LimitsRefuseLinesNotTheWholeWrite) {
  TearDown();
  model::Limits limits;
  limits.databases_max = 1;
  limits.columns_per_table_max = 2;
  Open(limits);
  const WriteOutcome outcome = MustWrite(Request("m a=1,b=1 1\nm a=2,c=2 2\n"));
  EXPECT_EQ(outcome.lines_written, 1U);
  ASSERT_EQ(outcome.rejected.size(), 1U);
  EXPECT_TRUE(outcome.rejected[0].is_limit);
  WriteRequest second = Request("m a=1 1");
  second.database = "another";
  ExpectError(second, ErrorCode::kLimit,
              "Adding a new database would exceed limit of 1 databases (--num-database-limit)");
}

TEST_F(WriteServiceTest, PrepareAppendsNothing) {
  const WriteRequest request = Request("m,t=a v=1 1\nm v=x 2\n");
  const auto prepared = BlockOn(service_->Prepare(request));
  ASSERT_TRUE(prepared.ok());
  EXPECT_EQ(prepared->lines, 1U);
  EXPECT_EQ(prepared->rejected.size(), 1U);
  ASSERT_EQ(prepared->record.tables.size(), 1U);
  EXPECT_NE(catalog_->Get()->FindTable("db", "m"), nullptr);
  wal_->Stop();
  EXPECT_EQ(Rows(), Texts());
}

TEST_F(WriteServiceTest, CountsWhatItDid) {
  MustWrite(Request("m v=1 1\nm v=2 2\nbad\n"));
  const std::string text = metrics_.Print();
  EXPECT_NE(text.find("influxdb3_write_lines 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("influxdb3_write_lines_rejected 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("influxdb3_write_bytes 20\n"), std::string::npos) << text;
}

// Two writers bring the same column with different types at the same time: one of them decides, the
// other's lines are rejected, and no row with the wrong type is ever stored.
TEST_F(WriteServiceTest, OfTwoWritersTheFirstDecidesTheType) {
  constexpr int kTables = 50;
  const auto write_all = [&](const std::string& value, std::size_t& rejected) {
    for (int i = 0; i < kTables; ++i) {
      const WriteRequest request = Request("t" + std::to_string(i) + " v=" + value + " 1\n");
      const WriteOutcome outcome = MustWrite(request);
      EXPECT_EQ(outcome.lines_written + outcome.lines_rejected, 1U);
      rejected += outcome.lines_rejected;
    }
  };
  std::size_t rejected_floats = 0;
  std::size_t rejected_strings = 0;
  {
    std::jthread floats([&] { write_all("1", rejected_floats); });
    std::jthread strings([&] { write_all("\"x\"", rejected_strings); });
  }
  EXPECT_EQ(rejected_floats + rejected_strings, std::size_t{kTables});
  EXPECT_EQ(Rows().size(), std::size_t{kTables});
}

}  // namespace
}  // namespace tidemill::ingest
