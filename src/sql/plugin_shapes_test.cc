// Every shape of SQL that published plugins send, over small tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/test_engine.h"

namespace tidemill::sql {
namespace {

using model::DataType;
using test::EngineTest;
using test::kSecond;
using test::kStart;
using test::TableBuilder;
using Parameters = std::vector<std::pair<std::string, Parameter>>;

class PluginShapesTest : public EngineTest {
 protected:
  PluginShapesTest() {
    TableBuilder m("m");
    m.Tag("tag").Tag("id").Column("f", DataType::kFloat64).Column("a", DataType::kInt64);
    m.Column("pageviews", DataType::kInt64).Column("95Percentile", DataType::kFloat64);
    std::vector<test::Row> rows;
    for (std::int64_t i = 0; i < 20; ++i) {
      rows.push_back({kStart + i * 60 * kSecond,
                      {{"tag", i % 2 == 0 ? "x" : "y"}, {"id", std::to_string(i % 3)}},
                      {{"f", static_cast<double>(i)}, {"a", i}, {"95Percentile", 0.5}}});
    }
    resolver_.Add(m.Chunk(rows).Build());
    StoredTable dotted = m.Build();
    dotted.name = "_system.model_checkpoints";
    resolver_.Add(dotted);
    dotted.name = "Room Name";
    resolver_.Add(dotted);
  }

  std::size_t CountRows(const std::string& text, const Parameters& parameters = {}) {
    SCOPED_TRACE(text);
    const auto rows = Run(text, parameters);
    EXPECT_TRUE(rows.ok()) << text << "\n" << rows.error().message;
    return rows.ok() ? rows->size() : 999;
  }
};

TEST_F(PluginShapesTest, Downsampling) {
  const std::string aggregates =
      R"(avg("f") AS "f_avg", sum("f") AS s, min("f") AS mi, max("f") AS ma, median("f") AS me, )"
      R"(count("f") AS c, stddev("f") AS sd, var("f") AS v, approx_median("f") AS am, )"
      R"(first_value("f" ORDER BY time) AS fv, last_value("f" ORDER BY time) AS lv)";
  for (const char* unit : {"600 seconds", "10 minutes", "1 hours", "1 days", "1 weeks"}) {
    const std::size_t rows = CountRows(
        "SELECT DATE_BIN(INTERVAL '" + std::string(unit) +
            "', time, '1970-01-01T00:00:00Z') AS _time, count(*) AS record_count, MIN(time) AS "
            "time_from, MAX(time) AS time_to, " +
            aggregates +
            R"(, "tag" FROM 'm' WHERE time >= '2026-01-02T00:00:00Z' AND time < )"
            R"('2026-01-03T00:00:00Z' AND "tag" = $tag_val_0 GROUP BY _time, "tag")",
        {{"tag_val_0", std::string("x")}});
    EXPECT_GE(rows, 1U);
    EXPECT_LE(rows, 3U);
  }
  EXPECT_ROWS(
      R"(SELECT DATE_BIN(INTERVAL '10 minutes', time, '1970-01-01T00:00:00Z') AS _time, )"
      R"(count(*) AS record_count, MIN(time) AS time_from, avg("f") as "f_avg", "tag" FROM 'm' )"
      R"(WHERE time >= '2026-01-02T03:10:00Z' AND time < '2026-01-02T03:20:00Z' )"
      R"(GROUP BY _time, "tag" ORDER BY "tag")",
      "2026-01-02T03:10:00 | 5 | 2026-01-02T03:10:05 | 10.0 | x",
      "2026-01-02T03:10:00 | 5 | 2026-01-02T03:11:05 | 11.0 | y");
  EXPECT_TRUE(columns_[4].type.is_tag);
}

TEST_F(PluginShapesTest, DeadmanAndThresholds) {
  EXPECT_EQ(
      CountRows(
          R"(SELECT DATE_BIN(INTERVAL '300 seconds', time, '1970-01-01T00:00:00Z') AS _time, )"
          R"(avg("f") as "f_avg", "tag" FROM "m" WHERE time >= '2026-01-02T03:00:00.000000Z' AND )"
          R"(time < '2026-01-02T03:10:00.123456Z' GROUP BY _time, "tag" ORDER BY _time)"),
      3U);
  EXPECT_EQ(
      CountRows(
          R"(SELECT DATE_BIN(INTERVAL '300 seconds', time, '1970-01-01T00:00:00Z') AS _time, )"
          R"("tag" FROM "m" WHERE time >= '2026-01-02T03:00:00.000000Z' AND time < )"
          R"('2026-01-02T03:10:00.123456Z' GROUP BY _time, "tag" ORDER BY _time)"),
      3U);
  EXPECT_EQ(CountRows("SELECT * FROM m WHERE time > now() - INTERVAL '5 minutes' LIMIT 1"), 0U);
  EXPECT_EQ(CountRows("SELECT * FROM m WHERE time > now() - INTERVAL '50 minutes' LIMIT 1"), 1U);
}

TEST_F(PluginShapesTest, Forecasting) {
  EXPECT_EQ(CountRows(R"(SELECT date_bin(INTERVAL '1 hour', time) AS t, avg("f") AS f0 FROM "m" )"
                      R"(WHERE time > now() - INTERVAL '7 days' AND "tag" = 'x' GROUP BY t )"
                      R"(ORDER BY t)"),
            1U);
  EXPECT_EQ(CountRows(R"(SELECT time, "f" AS f0 FROM "m" WHERE tag = 'x' AND f > 3 )"
                      R"(ORDER BY time DESC LIMIT 5)"),
            5U);
  EXPECT_ROWS("SELECT now() AS t", "2026-01-02T04:04:05");
  for (const char* from : {"'m'", "\"m\"", "m"}) {
    EXPECT_ROWS(std::string("SELECT MIN(time) as _t FROM ") + from, "2026-01-02T03:04:05");
  }
  EXPECT_EQ(CountRows(R"(SELECT time AS ds, "f" AS y FROM 'm' WHERE time >= )"
                      R"('2026-01-02T03:04:05+00:00' AND time < '2026-01-02T03:06:05.000001+00:00')"
                      R"( AND "tag" = 'x' ORDER BY time)"),
            2U);
  EXPECT_EQ(CountRows("SELECT time AS ds, f AS y FROM m"), 20U);
  EXPECT_EQ(CountRows("SELECT time, pageviews FROM m ORDER BY time"), 20U);
  EXPECT_EQ(CountRows(R"(SELECT time, "f" FROM 'm' WHERE time >= '2026-01-02T03:04:05Z' AND "tag" )"
                      R"(IN ($tag_val_0, $tag_val_1) ORDER BY time)",
                      {{"tag_val_0", std::string("x")}, {"tag_val_1", std::string("nope")}}),
            10U);
  EXPECT_EQ(CountRows(R"(SELECT "time", "a" FROM 'm' WHERE time > now() - INTERVAL '60 minutes' )"
                      R"(AND "tag" IN ('x') ORDER BY time DESC LIMIT 3)"),
            3U);
}

TEST_F(PluginShapesTest, Windows) {
  const Parameters window = {{"start", std::string("2026-01-02T03:05:05Z")},
                             {"end", std::string("2026-01-02T03:08:05.500000Z")}};
  EXPECT_EQ(
      CountRows(R"(SELECT * FROM "m" WHERE time >= $start AND time < $end ORDER BY time)", window),
      4U);
  EXPECT_EQ(CountRows(R"(SELECT "f", "95Percentile", "time" FROM "m" WHERE time >= $start AND )"
                      R"(time < $end ORDER BY time)",
                      window),
            4U);
  EXPECT_EQ(
      CountRows(
          R"(SELECT "a", "f", "time" FROM 'm' WHERE time >= '2026-01-02 03:04:05+00:00' AND time )"
          R"(< '2026-01-02 03:10:05+00:00' AND "f" >= $filter_val_0 ORDER BY time)",
          {{"filter_val_0", 3.0}}),
      3U);
  EXPECT_EQ(CountRows(R"(SELECT time, "f", "tag" FROM 'm' WHERE time >= )"
                      R"('2026-01-02T03:04:05+00:00' AND time < '2026-01-02T03:06:05.25+00:00' )"
                      R"(ORDER BY time)"),
            3U);
  EXPECT_EQ(CountRows(R"(SELECT * FROM "m" WHERE time >= '2026-01-02T03:04:05.000000Z' AND time < )"
                      R"('2026-01-02T03:05:05.000000Z')"),
            1U);
  EXPECT_EQ(CountRows(R"(SELECT time, "f", "a", "tag" FROM "m" WHERE time >= $start_ts AND time < )"
                      R"($end_ts AND "tag" = $tag0 ORDER BY time DESC LIMIT 2)",
                      {{"start_ts", std::string("2026-01-02T03:04:05Z")},
                       {"end_ts", std::string("2026-01-03T00:00:00Z")},
                       {"tag0", std::string("y")}}),
            2U);
}

TEST_F(PluginShapesTest, CountingValues) {
  const Parameters range = {{"start_ns", std::to_string(kStart)},
                            {"end_ns", std::to_string(kStart + 120 * kSecond)}};
  const std::string text =
      R"(SELECT "tag", "f", COUNT(*) AS cnt FROM "m" WHERE time >= )"
      R"(to_timestamp_nanos(arrow_cast($start_ns, 'Int64')) AND time < )"
      R"(to_timestamp_nanos(arrow_cast($end_ns, 'Int64')) GROUP BY "tag", "f")";
  EXPECT_EQ(CountRows(text, range), 2U);
  EXPECT_EQ(CountRows(text, {{"start_ns", kStart}, {"end_ns", kStart + 120 * kSecond}}), 2U);
  EXPECT_EQ(CountRows(R"(SELECT DISTINCT "id" FROM "m" WHERE time >= '2026-01-02T03:04:05Z' AND )"
                      R"("id" IN ($dedup_id_0, $dedup_id_1))",
                      {{"dedup_id_0", std::string("1")}, {"dedup_id_1", std::string("7")}}),
            1U);
}

TEST_F(PluginShapesTest, OddTableNames) {
  EXPECT_EQ(CountRows(R"(SELECT time, f, a FROM "_system.model_checkpoints" WHERE tag = 'x' AND )"
                      R"(time > now() - interval '24 hours' ORDER BY time DESC)"),
            10U);
  EXPECT_EQ(CountRows(R"(SELECT * FROM "Room Name" ORDER BY time DESC LIMIT 1)"), 1U);
  EXPECT_EQ(CountRows("SELECT * FROM 'Room Name'"), 20U);
  ExpectError(R"(SELECT time FROM "m_regressed" WHERE "source" = 'a')", ErrorCode::kNotFound,
              "m_regressed");
  ExpectError(R"(SELECT a FROM "_meta.series_profiles")", ErrorCode::kNotFound,
              "_meta.series_profiles");
}

}  // namespace
}  // namespace tidemill::sql
