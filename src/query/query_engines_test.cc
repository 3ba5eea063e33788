// The story of a query with the real engines: rows through the log into the buffer and into
// Parquet, SQL over both.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "query/test_node.h"
#include "storage/table_model.h"

namespace tidemill::query {
namespace {

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

  void StartNode() {
    const Status started = node_.Start();
    CHECK(started.ok()) << started.error().message;
  }
  void Write(const std::vector<TestRow>& rows) {
    const auto written = node_.Write(cpu_, rows);
    ASSERT_TRUE(written.ok()) << written.error().message;
  }
  void Flush() {
    const auto flushed = node_.storage().FlushAll();
    ASSERT_TRUE(flushed.ok()) << flushed.error().message;
  }
  Rows Query(const std::string& sql) { return node_.Query("plant", sql); }

  TestNode node_;
  TestCatalog& catalog_ = node_.catalog;
  std::shared_ptr<const catalog::Table> cpu_;
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
  node_.Stop();
  node_.fs.PowerCutLosingAll();
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
  const std::int64_t now = node_.clock.Now().nanos();
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
    const auto all = [&](const std::string& condition) {
      Rows rows = query("time, host, load, up, note", condition);
      std::ranges::sort(rows);
      return rows;
    };
    storage::TableModel points({"host", "load", "up", "note"});
    for (int step = 0; step < 12; ++step) {
      SCOPED_TRACE(step);
      const auto rows = RandomPoints(random, static_cast<std::int64_t>(random.Next() % 4) * 8);
      Write(rows);
      points.Write(rows);
      const std::uint64_t then = random.Next() % 6;
      if (then < 3) Flush();
      if (then == 3) {
        node_.Stop();
        StartNode();
      }
      ASSERT_EQ(all(""), points.Read());
      ASSERT_EQ(query("count(*)", ""), Rows{fmt::format("{}", points.points())});
      ASSERT_EQ(query("up", "").size(), points.points());
      ASSERT_EQ(all("WHERE host = 'hhh'"), points.ReadIf([](Timestamp, auto& tags, auto&) {
        return tags.contains("host") && tags.at("host") == "hhh";
      }));
      ASSERT_EQ(all("WHERE load > 5"), points.ReadIf([](Timestamp, auto&, auto& fields) {
        return fields.contains("load") && std::get<double>(fields.at("load")) > 5;
      }));
      ASSERT_EQ(all("WHERE time >= '1970-01-01T00:00:00.000000005Z' AND "
                    "time < '1970-01-01T00:00:00.000000014Z'"),
                points.ReadIf([](Timestamp time, auto&, auto&) {
                  return time >= Timestamp(5) && time < Timestamp(14);
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
