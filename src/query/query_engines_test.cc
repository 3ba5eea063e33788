// The story of a query with the real engines: rows through the log into the buffer and into
// Parquet, SQL over both.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>

#include "query/query_fakes.h"
#include "query/query_service.h"
#include "storage/storage_fakes.h"
#include "testing/fault_file_system.h"
#include "testing/manual_clock.h"

namespace tidemill::query {
namespace {

using storage::Await;
using storage::MakeRecord;
using storage::TestCatalog;
using storage::TestRow;
using Rows = std::vector<std::string>;

class QueryEnginesTest : public ::testing::Test {
 protected:
  QueryEnginesTest() {
    cpu_ = catalog_.Extend(
        "plant", "cpu",
        {TestCatalog::Tag("host"), TestCatalog::Field("load", model::DataType::kFloat64),
         TestCatalog::Field("up", model::DataType::kBool),
         TestCatalog::Field("note", model::DataType::kString)});
    StartNode();
  }
  ~QueryEnginesTest() override { StopNode(); }

  void StartNode() {
    store_ = objectstore::MakeLocalStore(fs_, "/data");
    internal_ = Open(sql::InternalEngine::Open(*store_, {}));
    user_ = Open(sql::UserEngine::Open(*store_, clock_, {.threads = 2}));
    storage_ = Open(
        storage::Storage::Open(fs_, clock_, random_, *store_, catalog_.get(), *internal_, metrics_,
                               {.manifest_path = "/data/n/manifest", .object_prefix = "n/"}));
    wal_ = Open(wal::Wal::Open(
        fs_, clock_, random_, metrics_, {.directory = "/data/n/wal"},
        [this](const wal::CommittedRecord& record) { return storage_->Replay(record); }));
    CHECK(storage_->Start(*wal_).ok());
    wal_->Start({storage_.get()});
    service_.emplace(clock_, catalog_.get(), *storage_, *user_, *internal_, metrics_,
                     QueryService::Options{});
  }
  void StopNode() {
    service_.reset();
    wal_->Stop();
    storage_->Stop();
    storage_.reset();
    wal_.reset();
    user_.reset();
    internal_.reset();
  }
  template <typename T>
  static T Open(Result<T> opened) {
    CHECK(opened.ok()) << opened.error().message;
    return std::move(opened).value();
  }

  void Write(const std::vector<TestRow>& rows) {
    const auto written = Await(wal_->Append(MakeRecord(catalog_.get(), {{cpu_, rows}})));
    ASSERT_TRUE(written.ok()) << written.error().message;
  }
  void Flush() {
    const auto flushed = storage_->FlushAll();
    ASSERT_TRUE(flushed.ok()) << flushed.error().message;
  }
  Rows Query(const std::string& sql) {
    QueryRequest request;
    request.database = "plant";
    request.statement.text = sql;
    auto query = service_->Start(request);
    if (!query.ok()) return {query.error().message};
    Rows rows;
    while (true) {
      auto batch = (*query)->Next();
      if (!batch.ok()) return {batch.error().message};
      if (!batch->has_value()) return rows;
      for (std::size_t row = 0; row < (*batch)->rows; ++row) {
        std::string text;
        for (const columnar::ValueVector& column : (*batch)->columns) {
          if (!text.empty()) text += "|";
          text += column.type.kind == columnar::ValueKind::kFloat64 && !column.IsNull(row)
                      ? fmt::format("{}", std::bit_cast<double>(column.words[row]))
                      : CellText(column, row);
        }
        rows.push_back(std::move(text));
      }
    }
  }

  testing::FaultFileSystem fs_;
  testing::ManualClock clock_;
  testing::SeededRandom random_;
  observe::Metrics metrics_;
  TestCatalog catalog_;
  std::shared_ptr<const catalog::Table> cpu_;
  std::unique_ptr<objectstore::ObjectStore> store_;
  std::unique_ptr<sql::InternalEngine> internal_;
  std::unique_ptr<sql::UserEngine> user_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<wal::Wal> wal_;
  std::optional<QueryService> service_;
};

const std::string kAll = "SELECT time, host, load, up, note FROM cpu ORDER BY time";

TEST_F(QueryEnginesTest, RowsAreTheSameInMemoryInFilesAndAfterARestart) {
  Write({{1, {{"host", "b"}}, {{"load", 0.5}, {"up", true}}},
         {2, {}, {{"note", std::string("na\xc3\xafve")}}},
         {3, {{"host", "a"}}, {{"load", -1.25}, {"up", false}, {"note", std::string()}}}});
  const Rows expected = {"1970-01-01T00:00:00.000000001|b|0.5|true|NULL",
                         "1970-01-01T00:00:00.000000002|NULL|NULL|NULL|na\xc3\xafve",
                         "1970-01-01T00:00:00.000000003|a|-1.25|false|"};
  EXPECT_EQ(Query(kAll), expected);
  Flush();
  EXPECT_EQ(Query("SELECT path, row_count FROM system.parquet_files").size(), 1U);
  EXPECT_EQ(Query(kAll), expected);
  StopNode();
  fs_.PowerCutLosingAll();
  StartNode();
  EXPECT_EQ(Query(kAll), expected);
}

TEST_F(QueryEnginesTest, OneQueryReadsFilesAndMemoryTogether) {
  Write({{1, {{"host", "a"}}, {{"load", 1.0}}}});
  Flush();
  Write({{2, {{"host", "a"}}, {{"load", 2.0}}}});
  Flush();
  cpu_ = catalog_.Extend("plant", "cpu", {TestCatalog::Tag("region")});
  Write({{3, {{"host", "a"}, {"region", "eu"}}, {{"load", 4.0}}}});
  EXPECT_EQ(Query("SELECT host, region, sum(load) FROM cpu GROUP BY 1, 2 ORDER BY 3"),
            (Rows{"a|NULL|3", "a|eu|4"}));
  EXPECT_EQ(Query("SELECT count(*) FROM cpu WHERE region IS NULL"), Rows{"2"});
  EXPECT_EQ(Query("SELECT load FROM cpu WHERE time >= '1970-01-01T00:00:00.000000002Z' "
                  "ORDER BY time"),
            (Rows{"2", "4"}));
}

TEST_F(QueryEnginesTest, FilesAreSortedByTagsThenTime) {
  Write({{9, {{"host", "b"}}, {{"load", 1.0}}},
         {8, {{"host", "a"}}, {{"load", 2.0}}},
         {7, {{"host", "b"}}, {{"load", 3.0}}},
         {6, {}, {{"load", 4.0}}}});
  Flush();
  EXPECT_EQ(Query("SELECT host, load FROM cpu"), (Rows{"NULL|4", "a|2", "b|3", "b|1"}));
}

TEST_F(QueryEnginesTest, ALargeFlushKeepsEveryRow) {
  constexpr std::int64_t kRows = 200'000;
  std::vector<TestRow> rows;
  for (std::int64_t i = 0; i < kRows; ++i) {
    rows.push_back(
        {i, {{"host", fmt::format("h{}", i % 100)}}, {{"load", static_cast<double>(i)}}});
  }
  Write(rows);
  const std::string sums = "SELECT count(*), sum(load), count(DISTINCT host) FROM cpu";
  const Rows expected = {
      fmt::format("{}|{}|100", kRows, static_cast<double>(kRows) * (kRows - 1) / 2)};
  EXPECT_EQ(Query(sums), expected);
  Flush();
  EXPECT_EQ(Query(sums), expected);
}

TEST_F(QueryEnginesTest, RowsPastTheRetentionAreNotCountedWhereverTheyLie) {
  const std::int64_t now = clock_.Now().nanos();
  const std::int64_t hour = 3'600'000'000'000;
  Write({{now - 2 * hour, {}, {{"load", 1.0}}}, {now, {}, {{"load", 2.0}}}});
  Flush();
  const std::map<std::string, std::string> other = {{"host", "other"}};
  Write({{now - 2 * hour, other, {{"load", 3.0}}}, {now, other, {{"load", 4.0}}}});
  EXPECT_EQ(Query("SELECT sum(load) FROM cpu"), Rows{"10"});
  catalog_.Change(catalog::SetRetention{"plant", std::chrono::hours(1)});
  EXPECT_EQ(Query("SELECT sum(load) FROM cpu"), Rows{"6"});
  Write({{now - 2 * hour, other, {{"load", 5.0}}}, {now, other, {{"load", 6.0}}}});
  EXPECT_EQ(Query("SELECT count(*), sum(load) FROM cpu"), Rows{"2|8"});
}

// What a table should hold: each point once, each field with its newest value.
class Points {
 public:
  void Write(const std::vector<TestRow>& rows) {
    for (const TestRow& row : rows) {
      const auto host = row.tags.find("host");
      auto& fields = points_[{row.time, host == row.tags.end() ? "NULL" : host->second}];
      for (const auto& [name, value] : row.fields) fields[name] = value;
    }
  }
  // As kAll shows them, in order of time and host; `is_wanted(time, host, load)`.
  template <typename IsWanted>
  Rows Read(IsWanted is_wanted) const {
    Rows rows;
    for (const auto& [key, fields] : points_) {
      const auto load = fields.find("load");
      const double number = load == fields.end() ? -1 : *std::get_if<double>(&load->second);
      if (!is_wanted(key.first, key.second, number)) continue;
      rows.push_back(fmt::format("{}|{}|{}|{}|{}", PrintTimestamp(Timestamp(key.first)), key.second,
                                 load == fields.end() ? "NULL" : fmt::format("{}", number),
                                 Text(fields, "up"), Text(fields, "note")));
    }
    return rows;
  }
  std::size_t size() const { return points_.size(); }

 private:
  using Fields = std::map<std::string, storage::FieldValue>;
  static std::string Text(const Fields& fields, const std::string& name) {
    const auto found = fields.find(name);
    if (found == fields.end()) return "NULL";
    if (const auto* flag = std::get_if<bool>(&found->second)) return *flag ? "true" : "false";
    return *std::get_if<std::string>(&found->second);
  }
  std::map<std::pair<std::int64_t, std::string>, Fields> points_;
};

std::vector<TestRow> RandomPoints(testing::SeededRandom& random, std::int64_t around) {
  std::vector<TestRow> rows(1 + random.Next() % 40);
  for (TestRow& row : rows) {
    row.time = around + static_cast<std::int64_t>(random.Next() % 12);
    if (random.Next() % 4 != 0) row.tags["host"] = std::string(1 + random.Next() % 15, 'h');
    if (random.Next() % 2 == 0) row.fields["load"] = static_cast<double>(random.Next() % 10);
    if (random.Next() % 2 == 0) row.fields["up"] = random.Next() % 2 == 0;
    if (random.Next() % 2 == 0) row.fields["note"] = std::string(random.Next() % 20, 'n');
  }
  return rows;
}

TEST_F(QueryEnginesTest, APointIsOneRowWithTheNewestValueOfEachFieldWhereverItsRowsLie) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    testing::SeededRandom random(seed);
    const std::string name = fmt::format("points{}", seed);
    cpu_ = catalog_.Extend(
        "plant", name,
        {TestCatalog::Tag("host"), TestCatalog::Field("load", model::DataType::kFloat64),
         TestCatalog::Field("up", model::DataType::kBool),
         TestCatalog::Field("note", model::DataType::kString)});
    const auto query = [&](const std::string& columns, const std::string& rest) {
      return Query("SELECT " + columns + " FROM " + name + " " + rest);
    };
    const std::string all = "time, coalesce(host, 'NULL') AS host, load, up, note";
    const std::string in_order = " ORDER BY time, host";
    const auto everything = [](std::int64_t, const std::string&, double) { return true; };
    Points points;
    for (int step = 0; step < 12; ++step) {
      SCOPED_TRACE(step);
      const auto rows = RandomPoints(random, static_cast<std::int64_t>(random.Next() % 4) * 8);
      Write(rows);
      points.Write(rows);
      const std::uint64_t then = random.Next() % 6;
      if (then < 3) Flush();
      if (then == 3) {
        StopNode();
        StartNode();
      }
      ASSERT_EQ(query(all, in_order), points.Read(everything));
      ASSERT_EQ(query("count(*)", ""), Rows{fmt::format("{}", points.size())});
      ASSERT_EQ(query("up", "").size(), points.size());
      ASSERT_EQ(query(all, "WHERE host = 'hhh'" + in_order),
                points.Read([](auto, const std::string& host, double) { return host == "hhh"; }));
      ASSERT_EQ(query(all, "WHERE load > 5" + in_order),
                points.Read([](auto, const std::string&, double load) { return load > 5; }));
      ASSERT_EQ(query(all,
                      "WHERE time >= '1970-01-01T00:00:00.000000005Z' AND "
                      "time < '1970-01-01T00:00:00.000000014Z'" +
                          in_order),
                points.Read([](std::int64_t time, const std::string&, double) {
                  return time >= 5 && time < 14;
                }));
    }
  }
}

TEST_F(QueryEnginesTest, TheNewestPointsAreFoundAlthoughOlderRowsAreThePointsToo) {
  for (const double load : {1.0, 2.0, 3.0}) {
    Write({{1, {}, {{"load", load}}}, {2, {}, {{"load", load}}}, {3, {}, {{"load", load}}}});
    if (load < 3) Flush();
  }
  EXPECT_EQ(Query("SELECT time, load FROM cpu ORDER BY time DESC LIMIT 2"),
            (Rows{"1970-01-01T00:00:00.000000003|3", "1970-01-01T00:00:00.000000002|3"}));
  EXPECT_EQ(Query("SELECT count(*), sum(load) FROM cpu WHERE load < 3"), Rows{"0|NULL"});
}

TEST_F(QueryEnginesTest, LargeFilesOfTheSamePointsAreMergedInTheirOrder) {
  constexpr std::int64_t kPoints = 150'000;
  for (const char* field : {"load", "note", "load"}) {
    std::vector<TestRow> rows;
    for (std::int64_t i = 0; i < kPoints; ++i) {
      TestRow row{i / 2, {{"host", fmt::format("a host with a long name {}", i % 2)}}, {}};
      if (field == std::string("load")) {
        row.fields["load"] = static_cast<double>(i % 1000);
      } else {
        row.fields["note"] = fmt::format("{}", i);
      }
      rows.push_back(std::move(row));
    }
    Write(rows);
    Flush();
  }
  EXPECT_EQ(
      Query("SELECT count(*), count(load), count(DISTINCT note), sum(load), min(host) FROM cpu"),
      Rows{fmt::format("{0}|{0}|{0}|{1}|a host with a long name 0", kPoints,
                       static_cast<double>(kPoints / 1000 * 499'500))});
  EXPECT_EQ(Query("SELECT load, note FROM cpu WHERE host = 'a host with a long name 1' AND "
                  "time = '1970-01-01T00:00:00.000070000Z'"),
            Rows{"1|140001"});
}

TEST_F(QueryEnginesTest, TagsAndFieldsThatComeLaterTakePartInAPoint) {
  Write({{1, {{"host", "a"}}, {{"load", 1.0}}}});
  Flush();
  cpu_ = catalog_.Extend(
      "plant", "cpu",
      {TestCatalog::Tag("region"), TestCatalog::Field("Load", model::DataType::kFloat64)});
  Write({{1, {{"host", "a"}}, {{"Load", 2.0}}},
         {1, {{"host", "a"}, {"region", "eu"}}, {{"load", 3.0}}}});
  const Rows expected = {"a|NULL|1|2", "a|eu|3|NULL"};
  const std::string sql =
      "SELECT host, region, \"load\", \"Load\" FROM cpu ORDER BY region NULLS FIRST";
  EXPECT_EQ(Query(sql), expected);
  Flush();
  EXPECT_EQ(Query(sql), expected);
}

TEST_F(QueryEnginesTest, ShowTablesAndColumnsSpeakAsInfluxdbDoes) {
  EXPECT_EQ(Query("SHOW TABLES").front(), "public|iox|cpu|BASE TABLE");
  EXPECT_EQ(Query("SELECT column_name, data_type, is_nullable FROM information_schema.columns "
                  "WHERE table_name = 'cpu' ORDER BY column_name"),
            (Rows{"host|Dictionary(Int32, Utf8)|YES", "load|Float64|YES", "note|Utf8|YES",
                  "time|Timestamp(Nanosecond, None)|NO", "up|Boolean|YES"}));
  EXPECT_EQ(Query("SELECT query_text FROM system.queries WHERE running").size(), 1U);
  EXPECT_EQ(Query("SELECT count(*) FROM system.queries WHERE end2end_duration > INTERVAL '1 day'"),
            Rows{"0"});
}

TEST_F(QueryEnginesTest, UnknownTablesAreNamedWithTheirNeighbour) {
  EXPECT_EQ(Query("SELECT * FROM cpuu"),
            Rows{"table 'public.iox.cpuu' not found, did you mean 'cpu'?"});
}

}  // namespace
}  // namespace tidemill::query
