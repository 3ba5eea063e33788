// What the dialect means, end to end over buffer chunks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "sql/engine.h"
#include "sql/test_engine.h"
#include "testing/temp_dir.h"

namespace tidemill::sql {
namespace {

using model::DataType;
using test::EngineTest;
using test::kSecond;
using test::kStart;
using test::TableBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class UserEngineTest : public EngineTest {
 protected:
  UserEngineTest() { resolver_.Add(test::CpuTable()); }
};

TEST_F(UserEngineTest, StarShowsColumnsInAlphabeticalOrder) {
  EXPECT_ROWS("SELECT * FROM cpu ORDER BY time",
              "NULL | 4 | a | NULL | eu | 2026-01-02T03:04:05 | true | 1.5",
              "NULL | 8 | b | a rather long note | NULL | 2026-01-02T03:04:06 | NULL | 2.5",
              "18000000000000000000u | NULL | a | NULL | us | 2026-01-02T03:05:05.000000007 | NULL "
              "| 4.0");
  EXPECT_EQ(header_, "bytes | cores | host | note | region | time | up | usage");
}

TEST_F(UserEngineTest, TagsAreMarkedInTheResult) {
  ASSERT_TRUE(Run("SELECT host, count(*) AS n, note FROM (SELECT host, note FROM cpu) "
                  "GROUP BY host, note ORDER BY host")
                  .ok());
  EXPECT_TRUE(columns_[0].type.is_tag);
  EXPECT_FALSE(columns_[1].type.is_tag);
  EXPECT_FALSE(columns_[2].type.is_tag);
  ASSERT_TRUE(Run("SELECT host FROM cpu UNION ALL SELECT region FROM cpu").ok());
  EXPECT_TRUE(columns_[0].type.is_tag);
  ASSERT_TRUE(Run("SELECT host || 'x' AS h FROM cpu").ok());
  EXPECT_FALSE(columns_[0].type.is_tag);
}

TEST_F(UserEngineTest, BareWordsFoldAndQuotedNamesDoNot) {
  EXPECT_ROWS("SELECT Usage FROM CPU WHERE Host = 'b'", "2.5");
  EXPECT_EQ(header_, "usage");
  EXPECT_ROWS(R"(SELECT "usage" FROM "cpu" WHERE host = 'b')", "2.5");
  EXPECT_ROWS("SELECT usage FROM 'cpu' WHERE host = 'b'", "2.5");
  EXPECT_ROWS("SELECT c.usage FROM iox.cpu c WHERE c.host = 'b'", "2.5");
  EXPECT_ROWS("SELECT cpu.usage FROM public.iox.cpu WHERE iox.cpu.host = 'b'", "2.5");
  ExpectError(R"(SELECT usage FROM "CPU")", ErrorCode::kNotFound, "table 'iox.CPU' not found");
}

TEST_F(UserEngineTest, ColumnsThatDifferInCaseOnlyAreAllReachable) {
  resolver_.Add(
      TableBuilder("Room")
          .Column("Temp", DataType::kInt64)
          .Column("temp", DataType::kInt64)
          .Column("Hum", DataType::kInt64)
          .Chunk({{kStart, {}, {{"Temp", int64_t{1}}, {"temp", int64_t{2}}, {"Hum", int64_t{3}}}}})
          .Build());
  EXPECT_ROWS(R"(SELECT * FROM "Room")", "3 | 1 | 2 | 2026-01-02T03:04:05");
  EXPECT_EQ(header_, "Hum | Temp | temp | time");
  EXPECT_ROWS(R"(SELECT "temp" AS a, "Temp", temp + 1 AS b, r."Temp" AS c, hum FROM "Room" r)",
              "2 | 1 | 3 | 1 | 3");
  EXPECT_EQ(header_, "a | Temp | b | c | Hum");
  EXPECT_ROWS(R"(WITH x("Temp", "temp") AS (SELECT "temp", "Temp" FROM "Room")
                 SELECT x."Temp", y."Temp", "temp" FROM x JOIN "Room" y USING ("temp"))");
  EXPECT_ROWS(R"(SELECT * EXCLUDE ("Temp") FROM "Room")", "3 | 2 | 2026-01-02T03:04:05");
  EXPECT_ROWS(R"(SELECT "Temp" FROM (SELECT "temp" AS "Temp", "Temp" AS "temp" FROM "Room"))", "2");
}

TEST_F(UserEngineTest, AggregatesAndGroups) {
  EXPECT_ROWS("SELECT count(*), avg(usage), sum(cores), sum(bytes), min(time), max(note) FROM cpu",
              "3 | 2.666667 | 12 | 18000000000000000000u | 2026-01-02T03:04:05 | a rather long "
              "note");
  EXPECT_EQ(header_,
            "count(*) | avg(cpu.usage) | sum(cpu.cores) | sum(cpu.bytes) | min(cpu.time) | "
            "max(cpu.note)");
  EXPECT_ROWS("SELECT host, count(*) FROM cpu GROUP BY host ORDER BY 1", "a | 2", "b | 1");
  EXPECT_ROWS("SELECT region, count(1) AS n FROM cpu GROUP BY 1 ORDER BY region", "eu | 1",
              "us | 1", "NULL | 1");
  EXPECT_ROWS("SELECT host FROM cpu GROUP BY host HAVING sum(usage) > 3", "a");
  EXPECT_ROWS("SELECT DISTINCT host FROM cpu ORDER BY host DESC", "b", "a");
}

TEST_F(UserEngineTest, ResultTypesAreThoseOfTheInput) {
  EXPECT_ROWS("SELECT sum(cores), median(cores), approx_median(cores), avg(cores) FROM cpu",
              "12 | 6 | 6 | 6.0");
  EXPECT_ROWS(
      "SELECT count(*) FILTER (host = 'a'), median(usage), var(usage), stddev(usage) "
      "FROM cpu",
      "2 | 2.5 | 1.583333 | 1.258306");
  EXPECT_ROWS("SELECT approx_distinct(host), approx_percentile_cont(usage, 0.5) FROM cpu",
              "2 | 2.5");
  EXPECT_ROWS("SELECT 1.5 + 1, 7 / 2, 7.0 / 2, 9000000000 * 2, 2147483647 + 1",
              "2.5 | 3 | 3.5 | 18000000000 | 2147483648");
  ExpectError("SELECT sum(c) FROM (SELECT 9223372036854775807 AS c UNION ALL SELECT 1)",
              ErrorCode::kInvalid, "does not fit 64 bits");
  EXPECT_ROWS("SELECT sum(cores) OVER (ORDER BY time) AS s FROM cpu ORDER BY time", "4", "12",
              "12");
  EXPECT_ROWS("SELECT sum(usage), sum(1.5), sum(CAST(1.25 AS DECIMAL(4,2))) FROM cpu",
              "8.0 | 4.5 | 3.75");
}

TEST_F(UserEngineTest, FirstAndLastByTime) {
  EXPECT_ROWS(R"(SELECT first_value("usage" ORDER BY time) AS f, last_value(usage ORDER BY time)
                 AS l, first_value(usage ORDER BY time DESC) AS d FROM cpu)",
              "1.5 | 4.0 | 4.0");
  EXPECT_ROWS(
      "SELECT first_value(usage) OVER (PARTITION BY host ORDER BY time) AS f FROM cpu "
      "ORDER BY time",
      "1.5", "2.5", "1.5");
  EXPECT_ROWS(
      "SELECT selector_first(usage, time)['value'] AS v, selector_first(usage, "
      "time)['time'] AS t FROM cpu",
      "1.5 | 2026-01-02T03:04:05");
  EXPECT_ROWS(
      "SELECT selector_last(cores, time)['value'], selector_last(cores, time)['time'], "
      "selector_min(usage, time)['time'] FROM cpu",
      "8 | 2026-01-02T03:04:06 | 2026-01-02T03:04:05");
  EXPECT_ROWS("SELECT selector_max(usage, time) FROM cpu",
              "{value:4.0,time:2026-01-02T03:05:05.000000007}");
  // Of two rows with the greatest value the earlier is taken.
  EXPECT_ROWS(
      "SELECT selector_max(v, t)['time'] FROM (VALUES (1, '2026-01-03'::timestamp), "
      "(2, '2026-01-05'::timestamp), (2, '2026-01-04'::timestamp)) AS x(v, t)",
      "2026-01-04T00:00:00");
}

TEST_F(UserEngineTest, NowIsTheStartOfTheQuery) {
  EXPECT_ROWS("SELECT now() AS t", "2026-01-02T04:04:05");
  EXPECT_ROWS("SELECT count(*) FROM cpu WHERE time > now() - INTERVAL '1 hour'", "2");
  EXPECT_ROWS(
      "SELECT count(*) FROM cpu WHERE time > now() - INTERVAL '60 minutes' AND time < "
      "now()",
      "2");
  EXPECT_ROWS("SELECT current_date, today(), current_timestamp",
              "2026-01-02 | 2026-01-02 | 2026-01-02T04:04:05");
  EXPECT_ROWS("SELECT now()", "2026-01-02T04:04:05");
  EXPECT_EQ(header_, "now()");
}

TEST_F(UserEngineTest, TimeIsComparedWithTextIntegersAndParameters) {
  for (const char* condition :
       {"time >= '2026-01-02T03:04:06Z'",
        "time >= '2026-01-02T03:04:06.000000Z'",
        "time >= '2026-01-02 03:04:06+00:00'",
        "time >= '2026-01-02T03:04:06+00:00'",
        "time >= '2026-01-02T05:04:06+02:00'",
        "time >= '2026-01-02 03:04:06'",
        "time >= timestamp '2026-01-02T03:04:06Z'",
        "time >= '2026-01-02T03:04:06'::timestamp",
        "time >= 1767323046000000000",
        "1767323046000000000 <= time",
        "time BETWEEN '2026-01-02T03:04:06Z' AND '2026-01-03'",
        "time >= to_timestamp_nanos(1767323046000000000)",
        "time >= to_timestamp_seconds(1767323046)",
        "time >= to_timestamp('2026-01-02T03:04:06Z')",
        "time >= arrow_cast(1767323046000000000, 'Timestamp(Nanosecond, None)')",
        "time >= from_unixtime(1767323046)",
        "time::bigint >= 1767323046000000000",
        "time >= '2026-01-02T03:04:05Z'::timestamp + INTERVAL '1 second'",
        "time NOT IN ('2026-01-02T03:04:05Z')",
        "time > -1 AND time != '2026-01-02T03:04:05Z'"}) {
    EXPECT_ROWS(std::string("SELECT count(*) FROM cpu WHERE ") + condition, "2");
  }
  EXPECT_ROWS("SELECT count(*) FROM cpu WHERE time = '2026-01-02T03:05:05.000000007Z'", "1");
  EXPECT_ROWS("SELECT count(*) FROM cpu WHERE time = timestamp '2026-01-02T03:05:05.000000007Z'",
              "1");
  EXPECT_ROWS("SELECT count(*) FROM cpu WHERE time < '2026-01-02T03:04:05Z'", "0");
  ExpectError("SELECT * FROM cpu WHERE time > 'yesterday'", ErrorCode::kInvalid, "yesterday");
}

TEST_F(UserEngineTest, ParametersAreBoundByType) {
  const auto count = [&](std::string condition, Parameter value) {
    const auto rows = Run("SELECT count(*) FROM cpu WHERE " + condition, {{"p", value}});
    return rows.ok() ? rows->front() : rows.error().message;
  };
  EXPECT_EQ(count("time > $p", std::string("2026-01-02T03:04:05Z")), "2");
  EXPECT_EQ(count("time > $p", std::int64_t{kStart}), "2");
  EXPECT_EQ(count("host = $p", std::string("a")), "2");
  EXPECT_EQ(count("host IN ($p, 'c')", std::string("b")), "1");
  EXPECT_EQ(count("usage >= $p", 2.5), "2");
  EXPECT_EQ(count("usage >= $p", std::int64_t{2}), "2");
  EXPECT_EQ(count("cores = $p", std::int64_t{4}), "1");
  EXPECT_EQ(count("bytes = $p", std::uint64_t{18'000'000'000'000'000'000U}), "1");
  EXPECT_EQ(count("up = $p", true), "1");
  EXPECT_EQ(count("$p IS NULL", std::monostate()), "3");
  EXPECT_EQ(count("host = $p OR region = $p", std::string("a' OR '1'='1")), "0");
  const auto limited = Run("SELECT host FROM cpu ORDER BY time LIMIT $n", {{"n", std::int64_t{1}}});
  ASSERT_TRUE(limited.ok()) << limited.error().message;
  EXPECT_THAT(*limited, ElementsAre("a"));
  ExpectError("SELECT * FROM cpu WHERE host = $h", ErrorCode::kInvalid,
              "parameter $h has no value");
}

TEST_F(UserEngineTest, DateBinTakesTwoOrThreeArguments) {
  EXPECT_ROWS(
      "SELECT date_bin(INTERVAL '1 minute', time) AS t, count(*) FROM cpu GROUP BY t ORDER "
      "BY t",
      "2026-01-02T03:04:00 | 2", "2026-01-02T03:05:00 | 1");
  EXPECT_ROWS(
      "SELECT DISTINCT DATE_BIN(INTERVAL '10 minutes', time, '1970-01-01T00:00:00Z') AS "
      "_time FROM 'cpu'",
      "2026-01-02T03:00:00");
  EXPECT_ROWS(
      "SELECT date_bin(INTERVAL '1 day', '1969-12-31T23:00:00Z'::timestamp), "
      "date_bin(INTERVAL '1 week', '2026-01-07'::timestamp), "
      "date_bin(INTERVAL '1 hour', '2026-01-02T00:10:00Z', '2026-01-01T00:15:00Z')",
      "1969-12-31T00:00:00 | 2026-01-01T00:00:00 | 2026-01-01T23:15:00");
  EXPECT_ROWS(
      "SELECT date_bin(INTERVAL '1 month', '2026-03-15'::timestamp), "
      "date_bin(INTERVAL '1 year', '1969-06-01'::timestamp), "
      "date_bin(INTERVAL '3 months', '2026-03-15'::timestamp, "
      "'2026-01-31'::timestamp), date_bin(INTERVAL '1 month', "
      "'2026-02-28T12:00:00'::timestamp, '2026-01-31'::timestamp)",
      "2026-03-01T00:00:00 | 1969-01-01T00:00:00 | 2026-01-31T00:00:00 | "
      "2026-02-28T00:00:00");
  ExpectError("SELECT date_bin(INTERVAL '0 seconds', time) FROM cpu", ErrorCode::kInvalid,
              "must be longer than zero");
  ExpectError("SELECT date_bin(INTERVAL '1 month 1 day', time) FROM cpu", ErrorCode::kInvalid,
              "months cannot");
}

TEST_F(UserEngineTest, TimesKeepTheirNanoseconds) {
  EXPECT_ROWS(
      "SELECT time + INTERVAL '1 hour', time - INTERVAL '1 month', "
      "INTERVAL '1 day' + time, date_trunc('hour', time), date_trunc('second', time) "
      "FROM cpu WHERE usage = 4",
      "2026-01-02T04:05:05.000000007 | 2025-12-02T03:05:05.000000007 | "
      "2026-01-03T03:05:05.000000007 | 2026-01-02T03:00:00 | 2026-01-02T03:05:05");
  EXPECT_ROWS(
      "SELECT date_trunc('week', time), date_trunc('quarter', time), "
      "date_part('hour', time), extract(minute FROM time), max(time) - min(time) "
      "FROM cpu GROUP BY time ORDER BY time LIMIT 1",
      "2025-12-29T00:00:00 | 2026-01-01T00:00:00 | 3 | 4 | 0mon0d0ns");
  EXPECT_ROWS(
      "SELECT to_timestamp(7), to_timestamp_micros(7), to_timestamp_millis(7), "
      "to_timestamp_seconds(7), to_unixtime('1970-01-01T00:01:00Z'), "
      "to_timestamp_nanos(arrow_cast('7', 'Int64'))",
      "1970-01-01T00:00:00.000000007 | 1970-01-01T00:00:00.000007 | "
      "1970-01-01T00:00:00.007 | 1970-01-01T00:00:07 | 60 | "
      "1970-01-01T00:00:00.000000007");
  EXPECT_ROWS("SELECT to_char(time, '%Y-%m-%d %H:%M') FROM cpu WHERE usage = 4",
              "2026-01-02 03:05");
  ExpectError("SELECT date_trunc('fortnight', time) FROM cpu", ErrorCode::kInvalid,
              "unknown unit 'fortnight'");
}

TEST_F(UserEngineTest, TypesHaveArrowNames) {
  EXPECT_ROWS(
      "SELECT arrow_typeof(time), arrow_typeof(usage), arrow_typeof(sum(cores)) FROM cpu "
      "GROUP BY time, usage LIMIT 1",
      "Timestamp(Nanosecond, None) | Float64 | Int64");
  EXPECT_ROWS("SELECT arrow_cast(1.9, 'Int64'), arrow_cast('7', 'UInt64'), arrow_cast(7, 'Utf8')",
              "2 | 7u | 7");
  ExpectError("SELECT arrow_cast(1, 'Int7')", ErrorCode::kInvalid, "unknown type 'Int7'");
}

TEST_F(UserEngineTest, RegularExpressionsMatchAnywhere) {
  EXPECT_ROWS(
      "SELECT 'abc' ~ 'b', 'abc' !~ 'b', 'abc' ~* 'B', 'abc' !~* 'B', 'abc' ~ '^b', "
      "regexp_like('abc', 'c$'), regexp_replace('abc', 'b', 'x'), regexp_count('abab', 'b')",
      "true | false | true | false | false | true | axc | 2");
}

TEST_F(UserEngineTest, NullsStandLastAscendingAndFirstDescending) {
  EXPECT_ROWS("SELECT cores FROM cpu ORDER BY cores", "4", "8", "NULL");
  EXPECT_ROWS("SELECT cores FROM cpu ORDER BY cores DESC", "NULL", "8", "4");
}

TEST_F(UserEngineTest, QueriesNest) {
  EXPECT_ROWS(
      "WITH busy AS (SELECT host, max(usage) AS u FROM cpu GROUP BY host) "
      "SELECT c.host, u FROM busy c JOIN cpu USING (host) WHERE cpu.usage = u ORDER BY u",
      "b | 2.5", "a | 4.0");
  EXPECT_ROWS("SELECT host FROM cpu WHERE usage = (SELECT max(usage) FROM cpu)", "a");
  EXPECT_ROWS("WITH cpu AS (SELECT usage FROM cpu WHERE usage > 2) SELECT count(*) FROM cpu", "2");
  EXPECT_ROWS(
      "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) "
      "SELECT i FROM n ORDER BY i",
      "1", "2", "3");
  EXPECT_ROWS("SELECT host FROM cpu WHERE usage > 3 UNION SELECT 'z' ORDER BY 1", "a", "z");
  EXPECT_ROWS("SELECT x FROM generate_series(1, 3) AS g(x) ORDER BY x", "1", "2", "3");
  EXPECT_ROWS("SELECT host, rank() OVER (ORDER BY usage DESC) AS r FROM cpu ORDER BY r", "a | 1",
              "b | 2", "a | 3");
  EXPECT_ROWS("SELECT * FROM (VALUES (1, 'x')) AS v(a, b)", "1 | x");
}

TEST_F(UserEngineTest, ValuesOfAllKindsComeOut) {
  EXPECT_ROWS(
      "SELECT NULL, [1, 2], {'a': 1, 'b': [true]}, DATE '2026-01-02', "
      "INTERVAL '1 month 2 days 3 seconds', 'x'::blob, map(['k'], [1]), "
      "make_array(1.5), named_struct('n', 1)",
      "NULL | [1,2] | {a:1,b:[true]} | 2026-01-02 | 1mon2d3000000000ns | x | "
      "[{key:k,value:1}] | [1.5] | {n:1}");
  EXPECT_ROWS(
      "SELECT 170141183460469231731687303715884105727::hugeint - "
      "170141183460469231731687303715884105720",
      "7");
}

TEST_F(UserEngineTest, RetentionHidesOlderRows) {
  auto table = test::CpuTable();
  table.cutoff = Timestamp(kStart + 1);
  resolver_.Add(table);
  EXPECT_ROWS("SELECT count(*) FROM cpu", "2");
  EXPECT_ROWS("SELECT min(time), max(usage) FROM cpu", "2026-01-02T03:04:06 | 4.0");
  EXPECT_ROWS("SELECT host, usage FROM cpu WHERE host = 'a'", "a | 4.0");
}

TEST_F(UserEngineTest, SystemTablesAreValueTablesAndViews) {
  const auto path = test::Strings({"x", "y"});
  const auto size = test::Integers({7, std::nullopt});
  const columnar::ValueBatch batch{2, {path, size}};
  const ValueTable table{"files", {{"path", path.type}, {"size", size.type}}, {batch, batch}};
  resolver_.Add("system", table);
  EXPECT_ROWS("SELECT * FROM system.files WHERE size IS NULL", "y | NULL", "y | NULL");
  EXPECT_ROWS("SELECT count(*), sum(size) FROM system.files", "4 | 14");
  resolver_.Add("system", table, "SELECT path AS p, size FROM input WHERE size = 7");
  EXPECT_ROWS("SELECT f.p FROM system.files f", "x", "x");
}

TEST_F(UserEngineTest, ShowStatementsReadTheInformationSchema) {
  const auto text = test::TypeOf(columnar::ValueKind::kString);
  resolver_.Add(
      "information_schema",
      {"tables",
       {{"table_catalog", text},
        {"table_schema", text},
        {"table_name", text},
        {"table_type", text}},
       {{3,
         {test::Strings({"public", "public", "public"}), test::Strings({"system", "iox", "iox"}),
          test::Strings({"queries", "mem", "cpu"}),
          test::Strings({"VIEW", "BASE TABLE", "BASE TABLE"})}}}});
  resolver_.Add("information_schema",
                {"columns",
                 {{"table_catalog", text},
                  {"table_schema", text},
                  {"table_name", text},
                  {"column_name", text},
                  {"data_type", text},
                  {"is_nullable", text}},
                 {{2,
                   {test::Strings({"public", "public"}), test::Strings({"iox", "iox"}),
                    test::Strings({"cpu", "cpu"}), test::Strings({"time", "host"}),
                    test::Strings({"Timestamp(Nanosecond, None)", "Dictionary(Int32, Utf8)"}),
                    test::Strings({"NO", "YES"})}}}});
  EXPECT_ROWS("SHOW TABLES", "public | iox | cpu | BASE TABLE", "public | iox | mem | BASE TABLE",
              "public | system | queries | VIEW");
  EXPECT_EQ(header_, "table_catalog | table_schema | table_name | table_type");
  EXPECT_ROWS("SHOW COLUMNS FROM cpu", "public | iox | cpu | host | Dictionary(Int32, Utf8) | YES",
              "public | iox | cpu | time | Timestamp(Nanosecond, None) | NO");
  EXPECT_ROWS("DESCRIBE cpu", "host | Dictionary(Int32, Utf8) | YES",
              "time | Timestamp(Nanosecond, None) | NO");
  ExpectError("DESCRIBE nosuch", ErrorCode::kNotFound, "nosuch");
  const auto rows =
      Run("SELECT column_name FROM information_schema.columns WHERE table_name = "
          "$measurement AND data_type IN ('Dictionary(Int32, Utf8)', 'Int64')",
          {{"measurement", std::string("cpu")}});
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_THAT(*rows, ElementsAre("host"));
}

TEST_F(UserEngineTest, ExplainShowsThePlan) {
  const auto rows = Run("EXPLAIN SELECT host FROM cpu WHERE usage > 2");
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_EQ(header_, "plan_type | plan");
  const auto analyzed = Run("EXPLAIN ANALYZE SELECT count(*) FROM cpu");
  ASSERT_TRUE(analyzed.ok()) << analyzed.error().message;
}

TEST_F(UserEngineTest, ErrorsNameThePlaceAndNoInnerNames) {
  ExpectError("SELECT * FORM cpu", ErrorCode::kInvalid, "(line 1, column 15)");
  ExpectError("SELECT usag FROM cpu", ErrorCode::kInvalid, "\"usag\" not found");
  ExpectError("SELECT\n  sum(host) FROM cpu", ErrorCode::kInvalid, "sum(VARCHAR)");
  ExpectError("SELECT date_bin('x', time) FROM cpu", ErrorCode::kInvalid, "x");
  ExpectError("SELECT 'abc'::bigint", ErrorCode::kInvalid, "abc");
  ExpectError("", ErrorCode::kInvalid, "the query is empty");
}

TEST_F(UserEngineTest, CancelEndsARunningStatement) {
  auto stream =
      engine_->Start({"SELECT count(*) FROM generate_series(1, 1000000000000) a, cpu", {}},
                     resolver_, Timestamp(kStart));
  ASSERT_TRUE(stream.ok()) << stream.error().message;
  std::jthread canceller([&] { (*stream)->Cancel(); });
  const auto next = (*stream)->Next();
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().code, ErrorCode::kCancelled);
}

TEST_F(UserEngineTest, TimeMayBeAnotherType) {
  EXPECT_ROWS("SELECT time FROM (VALUES (1), (2)) AS v(time) WHERE time > 1", "2");
}

TEST_F(UserEngineTest, TimesMeetDatesAndTruncatedTimes) {
  EXPECT_ROWS(
      "SELECT count(*) FROM cpu WHERE time >= current_date AND time < today() + INTERVAL "
      "'1 day'",
      "3");
  EXPECT_ROWS(
      "SELECT count(*) FROM cpu WHERE time >= date_trunc('day', now()) AND time < DATE "
      "'2026-01-03'",
      "3");
  EXPECT_ROWS(
      "SELECT time::date, date_part('year', time), now() - time FROM cpu ORDER BY time "
      "LIMIT 1",
      "2026-01-02 | 2026 | 0mon0d3600000000000ns");
  EXPECT_ROWS("SELECT CASE time WHEN '2026-01-02T03:04:06Z' THEN 'hit' END FROM cpu ORDER BY time",
              "NULL", "hit", "NULL");
}

TEST_F(UserEngineTest, OutputsWithoutANameAreNamedAfterTheirText) {
  ASSERT_TRUE(Run("SELECT count(*), count(DISTINCT host), max(c.usage), selector_last(usage, "
                  "time)['value'], approx_median(usage) FROM cpu c")
                  .ok());
  EXPECT_EQ(header_,
            "count(*) | count(DISTINCT c.host) | max(c.usage) | "
            "selector_last(c.usage,c.time)[value] | approx_median(c.usage)");
}

TEST_F(UserEngineTest, SpillsWhereItMay) {
  const tidemill::testing::TempDir folder;
  auto small = UserEngine::Open(
      *store_, clock_, {.memory_bytes = 60 << 20, .threads = 2, .spill_directory = folder.path()});
  ASSERT_TRUE(small.ok()) << small.error().message;
  engine_ = std::move(small).value();
  EXPECT_ROWS(
      "SELECT count(*) FROM (SELECT x, repeat('y', 100) || x AS t FROM "
      "generate_series(1, 1000000) AS g(x) ORDER BY t)",
      "1000000");
}

TEST_F(UserEngineTest, AQueryBeyondItsMemoryIsRefusedAndTheNextOneRuns) {
  auto small = UserEngine::Open(*store_, clock_, {.memory_bytes = 20 << 20, .threads = 2});
  ASSERT_TRUE(small.ok()) << small.error().message;
  engine_ = std::move(small).value();
  ExpectError(
      "SELECT count(*) FROM (SELECT DISTINCT x::varchar || 'some more text' FROM "
      "generate_series(1, 5000000) AS g(x))",
      ErrorCode::kLimit, "more memory than queries may use");
  EXPECT_ROWS("SELECT count(*) FROM cpu", "3");
}

TEST_F(UserEngineTest, ALargeResultComesInBatchesAndMayBeLeftUnread) {
  auto stream = engine_->Start({"SELECT x FROM generate_series(1, 1000000000) AS g(x)", {}},
                               resolver_, Timestamp(kStart));
  ASSERT_TRUE(stream.ok()) << stream.error().message;
  for (int i = 0; i < 3; ++i) {
    const auto batch = (*stream)->Next();
    ASSERT_TRUE(batch.ok()) << batch.error().message;
    ASSERT_TRUE(batch->has_value());
    EXPECT_GT((*batch)->rows, 0U);
    EXPECT_LE((*batch)->rows, 10'000U);
  }
  stream->reset();
  EXPECT_ROWS("SELECT 1", "1");
}

TEST_F(UserEngineTest, ManyQueriesRunAtOnce) {
  std::vector<std::jthread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      test::FakeResolver resolver;
      resolver.Add(test::CpuTable());
      for (int i = 0; i < 20; ++i) {
        auto stream =
            engine_->Start({"SELECT host, sum(usage) FROM cpu GROUP BY host ORDER BY 1", {}},
                           resolver, Timestamp(kStart));
        const auto rows = stream.ok() ? test::ReadAll(**stream) : std::move(stream).error();
        if (!rows.ok() || *rows != std::vector<std::string>{"a | 5.5", "b | 2.5"}) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace tidemill::sql
