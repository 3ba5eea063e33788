#include "query/query_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>

#include "query/query_fakes.h"
#include "storage/storage_fakes.h"
#include "testing/fault_file_system.h"
#include "testing/manual_clock.h"

namespace tidemill::query {
namespace {

using model::DataType;
using storage::Committed;
using storage::Group;
using storage::MakeRecord;
using storage::TestCatalog;
using storage::TestRow;
using TablePtr = std::shared_ptr<const catalog::Table>;

class QueryServiceTest : public ::testing::Test {
 protected:
  QueryServiceTest() {
    cpu_ =
        catalog_.Extend("plant", "cpu",
                        {TestCatalog::Tag("host"), TestCatalog::Field("load", DataType::kFloat64),
                         TestCatalog::Field("Cores", DataType::kInt64),
                         TestCatalog::Field("note", DataType::kString)});
    mem_ = catalog_.Extend("plant", "mem", {TestCatalog::Field("used", DataType::kUInt64)});
    catalog_.Extend("other", "disk", {TestCatalog::Tag("z"), TestCatalog::Tag("a")});
    auto opened = storage::Storage::Open(fs_, clock_, random_, *store_, catalog_.get(), internal_,
                                         metrics_, {});
    CHECK(opened.ok());
    storage_ = std::move(opened).value();
    service_.emplace(clock_, catalog_.get(), *storage_, engine_, internal_, metrics_,
                     QueryService::Options{.concurrency = 1, .queue_max = 1});
  }

  void Write(const std::vector<std::pair<TablePtr, std::vector<TestRow>>>& tables) {
    storage_->OnCommitted(Group({Committed(++sequence_, MakeRecord(catalog_.get(), tables))}));
  }
  Result<std::unique_ptr<RunningQuery>> Start(const std::string& text,
                                              const std::string& database = "plant") {
    QueryRequest request;
    request.database = database;
    request.statement.text = text;
    return service_->Start(request);
  }
  std::string ErrorOf(const std::string& text, const std::string& database = "plant") {
    const auto started = Start(text, database);
    return started.ok() ? "ok" : started.error().message;
  }
  // A system table or view as text.
  sql::ValueTable Table(const std::string& name, const std::string& database = "plant") {
    const auto started = Start(name, database);
    CHECK(started.ok()) << started.error().message;
    return std::get<sql::ValueTable>(engine_.last_tables[0].table);
  }
  std::vector<std::string> Rows(const std::string& name, const std::string& database = "plant") {
    return TextRows(Table(name, database));
  }
  const sql::StoredTable& Stored(std::size_t index) {
    return std::get<sql::StoredTable>(engine_.last_tables[index].table);
  }

  testing::FaultFileSystem fs_;
  testing::ManualClock clock_;
  testing::SeededRandom random_;
  observe::Metrics metrics_;
  TestCatalog catalog_;
  TablePtr cpu_;
  TablePtr mem_;
  std::unique_ptr<objectstore::ObjectStore> store_ = objectstore::MakeMemoryStore();
  storage::FakeInternalEngine internal_{*store_};
  std::unique_ptr<storage::Storage> storage_;
  FakeUserEngine engine_;
  std::optional<QueryService> service_;
  Sequence sequence_ = 0;
};

TEST_F(QueryServiceTest, GivesATableAsItIsNow) {
  Write({{cpu_, {{1, {{"host", "a"}}, {{"load", 0.5}}}}}});
  ASSERT_TRUE(storage_->FlushAll().ok());
  Write({{cpu_, {{2, {{"host", "b"}}, {{"load", 0.7}}}}}});
  for (const std::string name : {"cpu", "iox.cpu"}) {
    const auto query = Start(name);
    ASSERT_TRUE(query.ok()) << query.error().message;
    const sql::StoredTable& table = Stored(0);
    EXPECT_EQ(table.database, "plant");
    EXPECT_EQ(table.name, "cpu");
    EXPECT_EQ(table.schema.columns.size(), 4U);
    EXPECT_EQ(storage::ReadSlices(table.chunks).size(), 1U);
    ASSERT_EQ(table.files.size(), 1U);
    EXPECT_EQ(table.files[0].rows, 1U);
    EXPECT_EQ(table.files[0].max_time, Timestamp(1));
  }
}

TEST_F(QueryServiceTest, AllTablesOfAStatementAreSeenAtOneSequence) {
  engine_.after_resolve = [&] {
    Write({{cpu_, {{9, {}, {}}}}, {mem_, {{9, {}, {{"used", std::int64_t{1}}}}}}});
  };
  ASSERT_TRUE(Start("cpu,mem").ok());
  EXPECT_TRUE(Stored(0).chunks.empty());
  EXPECT_TRUE(Stored(1).chunks.empty()) << "written while the statement was planned";
}

TEST_F(QueryServiceTest, ARunningQueryPinsWhatItReadsAndNothingElse) {
  Write({{cpu_, {{1, {}, {}}}}, {mem_, {{1, {}, {{"used", std::int64_t{1}}}}}}});
  const std::uint64_t both = storage_->buffer_bytes();
  auto query = Start("cpu");
  ASSERT_TRUE(query.ok());
  engine_.last_tables.clear();
  ASSERT_TRUE(storage_->FlushAll().ok());
  EXPECT_GT(storage_->buffer_bytes(), 0U);
  EXPECT_LT(storage_->buffer_bytes(), both);
  query->reset();
  EXPECT_EQ(storage_->buffer_bytes(), 0U);
}

TEST_F(QueryServiceTest, RetentionIsPartOfWhatATableIs) {
  catalog_.Change(catalog::SetRetention{"plant", std::chrono::hours(1)});
  ASSERT_TRUE(Start("cpu").ok());
  EXPECT_EQ(Stored(0).cutoff, clock_.Now() - std::chrono::hours(1));
}

TEST_F(QueryServiceTest, NamesThatAreNotThereSayWhatIsNear) {
  EXPECT_EQ(ErrorOf("cpu", "plnt"), "database not found: plnt, did you mean 'plant'?");
  EXPECT_EQ(ErrorOf("cpu", "elsewhere"), "database not found: elsewhere");
  EXPECT_EQ(ErrorOf("cpuu"), "table 'public.iox.cpuu' not found, did you mean 'cpu'?");
  EXPECT_EQ(ErrorOf("weather"), "table 'public.iox.weather' not found");
  EXPECT_EQ(ErrorOf("disk"), "table 'public.iox.disk' not found") << "of another database";
  EXPECT_EQ(ErrorOf("system.querys"),
            "table 'public.system.querys' not found, did you mean 'queries'?");
  EXPECT_EQ(ErrorOf("system.databases"), "table 'public.system.databases' not found")
      << "internal only";
  EXPECT_EQ(ErrorOf("information_schema.table"),
            "table 'public.information_schema.table' not found, did you mean 'tables'?");
  EXPECT_EQ(ErrorOf("main.cpu"),
            "table 'public.main.cpu' not found: schema 'main' does not exist, expected iox, system "
            "or information_schema");
}

TEST_F(QueryServiceTest, StreamsToTheEnd) {
  auto query = Start("cpu");
  ASSERT_TRUE(query.ok());
  EXPECT_EQ((*query)->columns()[0].name, "n");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE((*query)->Next().value().has_value());
  EXPECT_FALSE((*query)->Next().value().has_value());
  query->reset();
  EXPECT_EQ(Table("system.queries").batches[0].rows, 2U);
  EXPECT_EQ(CellText(Table("system.queries").batches[0].columns[1], 0), "success");
}

TEST_F(QueryServiceTest, EndsAtItsTimeLimit) {
  auto query = Start("cpu");
  ASSERT_TRUE((*query)->Next().ok());
  clock_.Advance(std::chrono::minutes(5));
  const auto next = (*query)->Next();
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(next.error().message, "the query ran longer than its time limit of 5m");
  EXPECT_TRUE(engine_.last_stream->is_cancelled);
}

TEST_F(QueryServiceTest, CanBeCancelled) {
  auto query = Start("cpu");
  (*query)->Cancel();
  const auto next = (*query)->Next();
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().code, ErrorCode::kCancelled);
}

TEST_F(QueryServiceTest, StopEndsWhatRunsAndRefusesMore) {
  auto query = Start("cpu");
  service_->Stop();
  EXPECT_EQ((*query)->Next().error().message, "the query was cancelled: the server is stopping");
  EXPECT_EQ(Start("cpu").error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(service_->Submit([] {}));
  query->reset();
}

TEST_F(QueryServiceTest, RefusesJobsWhenTheQueueIsFull) {
  std::latch is_running(1);
  std::latch may_end(1);
  ASSERT_TRUE(service_->Submit([&] {
    is_running.count_down();
    may_end.wait();
  }));
  is_running.wait();
  std::latch second(1);
  EXPECT_TRUE(service_->Submit([&] { second.count_down(); }));
  EXPECT_FALSE(service_->Submit([] {}));
  may_end.count_down();
  second.wait();
}

TEST_F(QueryServiceTest, ParquetBytesReadsWhatIsLeft) {
  auto query = Start("cpu");
  EXPECT_EQ(service_->ParquetBytes(**query).value(), "PAR1 1 columns\n1 rows\n1 rows\n1 rows\n");
  (*query)->Cancel();
  EXPECT_EQ(service_->ParquetBytes(**query).error().code, ErrorCode::kCancelled);
}

TEST_F(QueryServiceTest, SystemQueriesShowsTheNewestQueriesAndItself) {
  ErrorOf("nosuch");
  Start("cpu")->reset();
  clock_.Advance(std::chrono::seconds(1));
  const sql::ValueTable table = Table("system.queries");
  EXPECT_EQ(HeaderText(table),
            "id|phase|issue_time|query_type|query_text|partitions|parquet_files|plan_duration|"
            "permit_duration|execute_duration|end2end_duration|compute_duration|max_memory|success|"
            "running|cancelled|trace_id");
  std::vector<std::string> rows = TextRows(table);
  for (std::string& row : rows) row = row.substr(row.find('|') + 1);
  EXPECT_EQ(rows, (std::vector<std::string>{
                      "fail|2023-11-14T22:13:20|sql|nosuch|NULL|NULL|NULL|NULL|NULL|0ns|NULL|NULL|"
                      "false|false|false|NULL",
                      "cancel|2023-11-14T22:13:20|sql|cpu|NULL|0|0ns|NULL|0ns|0ns|NULL|NULL|"
                      "false|false|true|NULL",
                      "received|2023-11-14T22:13:21|sql|system.queries|NULL|NULL|NULL|NULL|NULL|"
                      "NULL|NULL|NULL|false|true|false|NULL"}));
}

TEST_F(QueryServiceTest, SystemParquetFilesShowsTheFilesOfTheDatabase) {
  Write({{cpu_, {{5, {}, {}}, {7, {}, {}}}}});
  ASSERT_TRUE(storage_->FlushAll().ok());
  EXPECT_EQ(HeaderText(Table("system.parquet_files")),
            "table_name|path|size_bytes|row_count|min_time|max_time");
  EXPECT_EQ(Rows("system.parquet_files"),
            (std::vector<std::string>{fmt::format("cpu|dbs/{}/{}/0000000001.parquet|8|2|5|7",
                                                  cpu_->database.value(), cpu_->id.value())}));
  EXPECT_TRUE(Rows("system.parquet_files", "other").empty());
}

TEST_F(QueryServiceTest, SystemInfluxdbSchemaSpeaksLineProtocol) {
  EXPECT_EQ(HeaderText(Table("system.influxdb_schema")), "measurement|key|data_type");
  EXPECT_EQ(Rows("system.influxdb_schema"),
            (std::vector<std::string>{"cpu|Cores|integer", "cpu|host|tag", "cpu|load|float",
                                      "cpu|note|string", "cpu|time|time", "mem|time|time",
                                      "mem|used|uinteger"}));
}

TEST_F(QueryServiceTest, InternalTablesAreSeenFromTheInternalDatabase) {
  catalog_.Change(catalog::SetRetention{"other", std::chrono::hours(1)});
  const auto databases = Rows("system.databases", "_internal");
  EXPECT_THAT(databases,
              ::testing::IsSupersetOf({"other|3600000000000|false|NULL", "plant|NULL|false|NULL"}));
  EXPECT_THAT(
      Rows("system.tables", "_internal"),
      ::testing::IsSupersetOf({"other|disk|3|z, a|0|0|false|NULL",
                               "plant|cpu|5|host|0|0|false|NULL", "plant|mem|2||0|0|false|NULL"}));
  EXPECT_EQ(service_->SystemTableNames("plant"),
            (std::vector<std::string>{"influxdb_schema", "parquet_files", "queries"}));
  EXPECT_EQ(service_->SystemTableNames("_internal").size(), 5U);
}

TEST_F(QueryServiceTest, InformationSchemaTablesListsUserTablesThenSystemThenItself) {
  EXPECT_EQ(HeaderText(Table("information_schema.tables")),
            "table_catalog|table_schema|table_name|table_type");
  EXPECT_EQ(Rows("information_schema.tables"),
            (std::vector<std::string>{
                "public|iox|cpu|BASE TABLE", "public|iox|mem|BASE TABLE",
                "public|system|influxdb_schema|BASE TABLE",
                "public|system|parquet_files|BASE TABLE", "public|system|queries|BASE TABLE",
                "public|information_schema|columns|VIEW", "public|information_schema|schemata|VIEW",
                "public|information_schema|tables|VIEW", "public|information_schema|views|VIEW"}));
}

TEST_F(QueryServiceTest, InformationSchemaColumnsHasArrowTypeNames) {
  std::vector<std::string> rows = Rows("information_schema.columns");
  rows.resize(7);
  EXPECT_EQ(
      rows,
      (std::vector<std::string>{
          "public|iox|cpu|Cores|0|NULL|YES|Int64|NULL|NULL|64|2|NULL|NULL|NULL",
          "public|iox|cpu|host|1|NULL|YES|Dictionary(Int32, Utf8)|NULL|NULL|NULL|NULL|NULL|NULL|"
          "NULL",
          "public|iox|cpu|load|2|NULL|YES|Float64|NULL|NULL|24|2|NULL|NULL|NULL",
          "public|iox|cpu|note|3|NULL|YES|Utf8|NULL|2147483647|NULL|NULL|NULL|NULL|NULL",
          "public|iox|cpu|time|4|NULL|NO|Timestamp(Nanosecond, None)|NULL|NULL|NULL|NULL|NULL|"
          "NULL|NULL",
          "public|iox|mem|time|0|NULL|NO|Timestamp(Nanosecond, None)|NULL|NULL|NULL|NULL|NULL|"
          "NULL|NULL",
          "public|iox|mem|used|1|NULL|YES|UInt64|NULL|NULL|64|2|NULL|NULL|NULL"}));
  EXPECT_EQ(Rows("information_schema.columns").size(), 7U + 3U + 6U + 17U)
      << "and the columns of the system tables";
}

TEST_F(QueryServiceTest, InformationSchemaSchemataAndViews) {
  EXPECT_EQ(Rows("information_schema.schemata"),
            (std::vector<std::string>{"public|information_schema|NULL|NULL|NULL|NULL|NULL",
                                      "public|iox|NULL|NULL|NULL|NULL|NULL",
                                      "public|system|NULL|NULL|NULL|NULL|NULL"}));
  EXPECT_TRUE(Rows("information_schema.views").empty());
}

// A table that others bring.
class GuestTable final : public SystemTable {
 public:
  std::string_view name() const override { return "guest"; }
  Result<sql::ResolvedTable> Resolve(std::string_view database) override {
    sql::ValueTable table;
    table.name = std::string(database);
    return sql::ResolvedTable{std::move(table), "SELECT 1 FROM input"};
  }
};

TEST_F(QueryServiceTest, TablesThatOthersRegisterAreSystemTables) {
  service_->Register(std::make_unique<GuestTable>());
  EXPECT_EQ(Table("system.guest").name, "plant");
  EXPECT_EQ(engine_.last_tables[0].view, "SELECT 1 FROM input");
  EXPECT_EQ(service_->SystemTableNames("plant").front(), "guest");
}

TEST_F(QueryServiceTest, CountsHowQueriesEnd) {
  ErrorOf("nosuch");
  Start("cpu")->reset();
  const std::string text = metrics_.Print();
  EXPECT_NE(text.find("influxdb_iox_query_log_phase_entered_total{phase=\"fail\"} 1"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("influxdb_iox_query_log_phase_entered_total{phase=\"cancel\"} 1"),
            std::string::npos);
}

}  // namespace
}  // namespace tidemill::query
