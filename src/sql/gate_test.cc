// What users may not say, each refused with one sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/test_engine.h"

namespace tidemill::sql {
namespace {

using test::EngineTest;
using test::kStart;
using ::testing::HasSubstr;

class GateTest : public EngineTest {
 protected:
  GateTest() { resolver_.Add(test::CpuTable()); }

  void ExpectRefused(const std::string& text, const std::string& part = "") {
    SCOPED_TRACE(text);
    const auto rows = Run(text);
    ASSERT_FALSE(rows.ok()) << "it ran";
    EXPECT_TRUE(rows.error().code == ErrorCode::kInvalid ||
                rows.error().code == ErrorCode::kNotFound ||
                rows.error().code == ErrorCode::kUnsupported)
        << rows.error().message;
    EXPECT_THAT(rows.error().message, HasSubstr(part));
  }
};

TEST_F(GateTest, OnlyOneReadingStatement) {
  for (const char* text : {"CREATE TABLE t (a INT)",
                           "DROP TABLE cpu",
                           "INSERT INTO cpu VALUES (1)",
                           "DELETE FROM cpu",
                           "UPDATE cpu SET usage = 1",
                           "ALTER TABLE cpu ADD COLUMN x INT",
                           "ATTACH '/tmp/x.db'",
                           "DETACH memory",
                           "COPY cpu TO '/tmp/x.csv'",
                           "COPY (SELECT 1) TO 'obj://x'",
                           "COPY cpu FROM '/etc/passwd'",
                           "EXPORT DATABASE '/tmp/x'",
                           "IMPORT DATABASE '/tmp/x'",
                           "INSTALL httpfs",
                           "LOAD httpfs",
                           "SET memory_limit = '100GB'",
                           "SET VARIABLE x = 1",
                           "RESET memory_limit",
                           "PRAGMA database_list",
                           "PRAGMA memory_limit='1GB'",
                           "CALL duckdb_settings()",
                           "CHECKPOINT",
                           "VACUUM",
                           "ANALYZE",
                           "USE memory",
                           "BEGIN",
                           "COMMIT",
                           "PREPARE p AS SELECT 1",
                           "EXECUTE p",
                           "CREATE MACRO m(a) AS a",
                           "CREATE SECRET s (TYPE s3)",
                           "CREATE TABLE t AS SELECT * FROM cpu",
                           "EXPLAIN INSERT INTO cpu VALUES (1)",
                           "MERGE INTO cpu USING cpu c ON true WHEN MATCHED THEN DELETE"}) {
    ExpectRefused(text);
  }
  ExpectRefused("SELECT 1; SELECT 2", "one statement");
  ExpectRefused("SELECT 1; DROP TABLE cpu", "one statement");
  ExpectRefused("SELECT '\xff'", "not valid UTF-8");
  ExpectRefused(std::string("SELECT 1\0 garbage", 18), "NUL");
  ExpectRefused("SUMMARIZE cpu", "only SELECT");
  ExpectRefused("SHOW ALL TABLES", "expected SHOW TABLES");
  ExpectRefused("FROM (SHOW TABLES)", "only SELECT");
  ExpectRefused("SELECT * FROM (DESCRIBE cpu)", "only SELECT");
  ExpectRefused("SELECT * FROM (SUMMARIZE cpu)", "only SELECT");
  ExpectRefused("PIVOT cpu ON host USING sum(usage)");
}

TEST_F(GateTest, NoFilesAndNoCatalog) {
  for (const char* text :
       {"SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM read_parquet('obj://x')",
        "SELECT * FROM parquet_scan('obj://x')",
        "SELECT * FROM parquet_metadata('obj://x')",
        "SELECT * FROM read_json_auto('/x')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_functions()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('cpu')",
        "SELECT * FROM json_execute_serialized_sql('x')",
        "SELECT * FROM arrow_scan(1, 2, 3)",
        "SELECT * FROM tidemill_buffer(0)",
        "SELECT * FROM tidemill_parquet('0')",
        "SELECT * FROM main.read_csv('/etc/passwd')",
        "SELECT * FROM test_all_types()",
        "SELECT * FROM seq_scan('x')",
        "SELECT * FROM pragma_version()",
        "SELECT * FROM cpu, LATERAL (SELECT * FROM read_csv('/etc/passwd'))",
        "SELECT * FROM cpu WHERE host IN (SELECT content FROM read_text('/etc/passwd'))",
        "WITH x AS (SELECT * FROM read_csv('/etc/passwd')) SELECT * FROM x",
        "SELECT (SELECT count(*) FROM glob('/*'))",
        "SELECT host FROM cpu UNION ALL SELECT file FROM glob('/*')",
        "SELECT * FROM cpu ORDER BY (SELECT max(file) FROM glob('/*'))"}) {
    ExpectRefused(text, "is not available");
  }
  for (const char* text :
       {"SELECT * FROM '/etc/passwd'", "SELECT * FROM 'x.csv'", "SELECT * FROM 'obj://x.parquet'",
        "SELECT * FROM duckdb_tables", "SELECT * FROM sqlite_master", "SELECT * FROM pg_class",
        "SELECT * FROM pg_catalog.pg_class", "SELECT * FROM information_schema.tables",
        "SELECT * FROM main.duckdb_views", "WITH a AS (SELECT 1) SELECT * FROM duckdb_columns",
        "SELECT * FROM (WITH duckdb_views AS (SELECT 1) SELECT 1), duckdb_views"}) {
    ExpectRefused(text, "not found");
  }
  ExpectRefused("SELECT * FROM memory.main.cpu", "a query reads one database");
  ExpectRefused("SELECT * FROM system.information_schema.tables", "a query reads one database");
}

TEST_F(GateTest, NoFunctionThatReachesOutside) {
  for (const char* text : {"SELECT getenv('HOME')",
                           "SELECT current_setting('memory_limit')",
                           "SELECT getvariable('x')",
                           "SELECT nextval('s')",
                           "SELECT current_query()",
                           "SELECT write_log('x')",
                           "SELECT json_serialize_sql('SELECT 1')",
                           "SELECT pg_typeof(1)",
                           "SELECT __internal_compress_integral_utinyint(1, 2)",
                           "SELECT create_sort_key(1, 'ASC')",
                           "SELECT list_aggregate([1], 'sum')",
                           "SELECT printf('%1000000000d', 1)",
                           "SELECT range(1000000000)",
                           "SELECT tidemill_date_bin(INTERVAL '1 day', now())",
                           "SELECT error('x')",
                           "SELECT sum(error('x')) OVER ()",
                           "SELECT list_transform([1], x -> getenv('HOME'))",
                           "SELECT CASE WHEN true THEN getenv('HOME') END",
                           "SELECT [getenv('HOME')]",
                           "SELECT 1 LIMIT getenv('HOME')::int",
                           "SELECT host FROM cpu GROUP BY getenv(host)",
                           "SELECT host FROM cpu QUALIFY getenv('HOME') = row_number() OVER ()",
                           "SELECT count(*) FILTER (getenv('x') = 'y') FROM cpu",
                           "SELECT * FROM cpu JOIN cpu c ON getenv('x') = c.host",
                           "SELECT * REPLACE (getenv('HOME') AS host) FROM cpu",
                           "SELECT * FROM (VALUES (getenv('HOME')))",
                           "SELECT * FROM unnest([getenv('HOME')])",
                           "SELECT pg_catalog.current_setting('x')"}) {
    ExpectRefused(text, "is not available");
  }
}

TEST_F(GateTest, MisspeltFunctionsAreAnsweredWithTheNearest) {
  ExpectRefused("SELECT date_bim(INTERVAL '1 day', time) FROM cpu", "did you mean 'date_bin'?");
  ExpectRefused("SELECT avgg(usage) FROM cpu", "function 'avgg' is not available, did you mean");
}

TEST_F(GateTest, ValuesThatFunctionsGrowAreBounded) {
  ExpectRefused("SELECT repeat('xxxxxxxx', 1000000000)", "longer than 16 MiB");
  ExpectRefused("SELECT lpad('x', 1000000000, 'y')", "longer than 16 MiB");
  ExpectRefused("SELECT rpad(host, 1000000000, 'y') FROM cpu", "longer than 16 MiB");
  EXPECT_ROWS(
      "SELECT repeat('ab', 2), lpad('x', 3, 'y'), rpad('x', 3), repeat(host, 2) "
      "FROM cpu WHERE host = 'b'",
      "abab | yyx | x   | bb");
}

TEST_F(GateTest, EveryNameIsAskedForOnce) {
  ASSERT_TRUE(Run("SELECT a.host FROM cpu a JOIN cpu b USING (host) WHERE a.usage > "
                  "(SELECT min(usage) FROM iox.cpu)")
                  .ok());
  using Names = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(resolver_.asked, (Names{{"", "cpu"}, {"iox", "cpu"}}));
}

TEST_F(GateTest, ColumnsThatLookLikeKeywordsStayColumns) {
  resolver_.Add(
      test::TableBuilder("odd")
          .Column("current_date", model::DataType::kInt64)
          .Column("user", model::DataType::kInt64)
          .Chunk({{kStart, {}, {{"current_date", std::int64_t{1}}, {"user", std::int64_t{2}}}}})
          .Build());
  EXPECT_ROWS("SELECT \"current_date\", \"user\" FROM odd", "1 | 2");
}

}  // namespace
}  // namespace tidemill::sql
