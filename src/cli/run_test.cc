// The whole command line against a fake server: what is sent, what is printed, and the exit code.
#include "cli/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/gzip.h"
#include "testing/fake_http_client.h"
#include "testing/manual_clock.h"

namespace tidemill::cli {
namespace {

using ::testing::ElementsAre;
using testing::FakeHttp;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

class RunTest : public ::testing::Test {
 protected:
  int Run(const std::vector<std::string>& words) {
    out_.str("");
    err_.str("");
    Context context{
        .console = {.in = in_,
                    .out = out_,
                    .err = err_,
                    .in_is_terminal = in_is_terminal_,
                    .out_is_terminal = out_is_terminal_},
        .environment =
            [this](const std::string& name) {
              const auto found = environment_.find(name);
              return found == environment_.end() ? std::nullopt : std::optional(found->second);
            },
        .connect = [this](http::ClientOptions options) -> Result<std::unique_ptr<http::Client>> {
          return server_.Connect(std::move(options));
        },
        .clock = clock_};
    return RunWith("tidemill", words, local_, context);
  }
  // The only request there was.
  FakeHttp::Request Sent() {
    const auto requests = server_.requests();
    EXPECT_EQ(requests.size(), 1u);
    return requests.empty() ? FakeHttp::Request{} : requests.front();
  }
  std::string TempFile(const std::string& content) {
    const std::string path = ::testing::TempDir() + "tidemill_cli_" +
                             ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  FakeHttp server_;
  testing::ManualClock clock_;
  std::map<std::string, std::string> environment_;
  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
  bool in_is_terminal_ = true;
  bool out_is_terminal_ = true;
  std::vector<std::string> served_;
  CommandTable local_{.commands = {{.name = "serve",
                                    .summary = "Run the server",
                                    .run =
                                        [this](const std::vector<std::string>& arguments) {
                                          served_ = arguments;
                                          return 7;
                                        }}},
                      .version = "1.2.3",
                      .revision = "abc"};
};

// --- Finding the command ----------------------------------------------------------------------

TEST_F(RunTest, HandsLocalCommandsTheirArguments) {
  EXPECT_EQ(Run({"serve", "--node-id", "n"}), 7);
  EXPECT_THAT(served_, ElementsAre("--node-id", "n"));
}

TEST_F(RunTest, ServesWhenNoCommandIsNamed) {
  EXPECT_EQ(Run({}), 7);
  EXPECT_THAT(served_, ElementsAre());
  EXPECT_EQ(Run({"--object-store", "memory"}), 7);
  EXPECT_THAT(served_, ElementsAre("--object-store", "memory"));
}

TEST_F(RunTest, ShowsHelpAndVersion) {
  for (const auto& word : {"-h", "--help", "help"}) {
    EXPECT_EQ(Run({word}), 0);
    EXPECT_THAT(out_.str(), HasSubstr("create trigger"));
    EXPECT_THAT(out_.str(), HasSubstr("Run the server"));
  }
  EXPECT_EQ(Run({"--help-all"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("--trigger-spec <SPEC>"));
  EXPECT_EQ(Run({"-V"}), 0);
  EXPECT_EQ(out_.str(), "Tidemill, 1.2.3, revision abc\n");
  EXPECT_EQ(Run({"create", "trigger", "--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("Usage: tidemill create trigger --database <DATABASE> "
                                    "--trigger-spec <SPEC> [OPTIONS] <TRIGGER_NAME>"));
  EXPECT_EQ(Run({"help", "query"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("Usage: tidemill query"));
  for (const auto& words : {std::vector<std::string>{"create", "--help"}, {"help", "create"}}) {
    EXPECT_EQ(Run(words), 0);
    EXPECT_THAT(out_.str(), StartsWith("Usage: tidemill create <COMMAND>"));
    EXPECT_THAT(out_.str(), HasSubstr("create table"));
  }
  EXPECT_EQ(Run({"help", "serve"}), 7);
  EXPECT_THAT(served_, ElementsAre("--help"));
  EXPECT_EQ(err_.str(), "");
}

TEST_F(RunTest, SaysWhichCommandWouldBeRight) {
  const auto expect = [&](const std::vector<std::string>& words, std::string_view message) {
    SCOPED_TRACE(message);
    EXPECT_EQ(Run(words), 2);
    EXPECT_EQ(err_.str(), std::string(message) + "\n");
    EXPECT_EQ(out_.str(), "");
  };
  expect({"wirte", "cpu f=1"}, "tidemill: unknown command 'wirte', did you mean 'write'?");
  expect({"srve"}, "tidemill: unknown command 'srve', did you mean 'serve'?");
  expect({"create", "tigger", "t"},
         "tidemill: unknown command 'create tigger', did you mean 'create trigger'?");
  expect({"crate", "table", "t"},
         "tidemill: unknown command 'crate table', did you mean 'create table'?");
  expect({"crate"},
         "tidemill: unknown command 'crate', expected create database, create table or create "
         "trigger");
  expect({"create", "x"},
         "tidemill: unknown command 'create x', expected create database, create table or create "
         "trigger");
  expect({"frobnicate"}, "tidemill: unknown command 'frobnicate', see 'tidemill --help'");
  expect({""}, "tidemill: unknown command '', see 'tidemill --help'");
  expect({"help", "frobnicate"}, "tidemill: unknown command 'frobnicate', see 'tidemill --help'");
  expect({"write", "--databse", "d"},
         "tidemill write: unknown flag '--databse', did you mean '--database'?");
  EXPECT_EQ(Run({"create"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("create database"));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(RunTest, DoesNotTakeACommandOfElsewhereForAMisspeltOne) {
  const auto expect = [&](const std::vector<std::string>& words, const std::string& command) {
    SCOPED_TRACE(command);
    EXPECT_EQ(Run(words), 2);
    EXPECT_EQ(err_.str(),
              "tidemill: '" + command + "' is not there yet, see 'tidemill --help' for what is\n");
  };
  expect({"delete", "database", "d"}, "delete database");  // near "create database"
  expect({"create", "token", "--admin"}, "create token");  // near "create table"
  expect({"update", "trigger", "-d", "d"}, "update trigger");
  expect({"install", "package", "pandas"}, "install package");
  expect({"install"}, "install");
}

TEST_F(RunTest, TakesTheProgramsFlagBeforeACommand) {
  EXPECT_EQ(Run({"--num-io-threads", "4", "serve", "--node-id", "n"}), 7);
  EXPECT_THAT(served_, ElementsAre("--num-io-threads", "4", "--node-id", "n"));
  EXPECT_EQ(Run({"--num-io-threads=4", "serve"}), 7);
  EXPECT_THAT(served_, ElementsAre("--num-io-threads=4"));
  EXPECT_EQ(Run({"--num-io-threads", "4", "--node-id", "n"}), 7);
  EXPECT_THAT(served_, ElementsAre("--num-io-threads", "4", "--node-id", "n"));
  EXPECT_EQ(Run({"--num-io-threads", "4", "show", "databases"}), 0);
  EXPECT_EQ(server_.requests().size(), 1u);
}

// --- Talking to the server --------------------------------------------------------------------

TEST_F(RunTest, UsesTheConnectionFlagsAndTheEnvironment) {
  environment_ = {{"INFLUXDB3_HOST_URL", "http://env:1"},
                  {"INFLUXDB3_AUTH_TOKEN", "env-token"},
                  {"INFLUXDB3_TLS_CA", "ca.pem"},
                  {"INFLUXDB3_TLS_NO_VERIFY", "true"}};
  EXPECT_EQ(Run({"show", "databases"}), 0);
  EXPECT_EQ(Run({"show", "databases", "-H", "http://flag:2", "--token", "flag-token"}), 0);
  environment_.clear();
  EXPECT_EQ(Run({"show", "databases"}), 0);
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].options.url, "http://env:1");
  EXPECT_EQ(requests[0].options.token, "env-token");
  EXPECT_EQ(requests[0].options.tls_ca, "ca.pem");
  EXPECT_TRUE(requests[0].options.tls_no_verify);
  EXPECT_EQ(requests[1].options.url, "http://flag:2");
  EXPECT_EQ(requests[1].options.token, "flag-token");
  EXPECT_EQ(requests[2].options.url, "http://127.0.0.1:8181");
  EXPECT_EQ(requests[2].options.token, "");
}

TEST_F(RunTest, PrintsTheErrorsOfTheServerWhateverTheirShape) {
  const auto expect = [&](int status, std::string reason, std::string body, std::string_view text) {
    server_.SetAnswer(status, std::move(reason), std::move(body));
    EXPECT_EQ(Run({"create", "database", "d"}), 1);
    EXPECT_EQ(err_.str(),
              "Create command failed: server responded with error " + std::string(text) + "\n");
    EXPECT_EQ(out_.str(), "");
  };
  expect(409, "Conflict", "attempted to create a resource that already exists",
         "[409 Conflict]: attempted to create a resource that already exists");
  expect(401, "Unauthorized", R"({"error": "the request was not authenticated"})",
         "[401 Unauthorized]: the request was not authenticated");
  expect(400, "Bad Request", R"({"code":"invalid","message":"bad"})", "[400 Bad Request]: bad");
  expect(403, "Forbidden", "", "[403 Forbidden]");
}

TEST_F(RunTest, PrintsWhyTheServerCannotBeReached) {
  server_.SetAnswer([](const FakeHttp::Request&) -> Result<http::ClientResponse> {
    return UnavailableError("cannot connect to http://127.0.0.1:8181: Connection refused");
  });
  EXPECT_EQ(Run({"query", "-d", "d", "SELECT 1"}), 1);
  EXPECT_EQ(err_.str(),
            "Query command failed: cannot connect to http://127.0.0.1:8181: Connection refused\n");
}

// --- Databases and tables ---------------------------------------------------------------------

TEST_F(RunTest, RefusesWhatCannotStandInAHeader) {
  const auto expect = [&](const std::string& flag, const std::string& value,
                          const std::string& most) {
    EXPECT_EQ(Run({"query", "-d", "d", flag, value, "SELECT 1"}), 2) << value.size();
    EXPECT_THAT(err_.str(), StartsWith("tidemill query: " + flag + " '"));
    EXPECT_THAT(err_.str(), HasSubstr("expected at most " + most + " visible ASCII characters\n"));
  };
  expect("--token", std::string(8193, 't'), "8192");
  expect("--token", "t\r\nX-Other: 1", "8192");
  expect("--token", "two words", "8192");
  expect("--host", "http://" + std::string(2048, 'h'), "2048");
  expect("--query-host", "http://h\xc3\xb6st:1", "2048");
  EXPECT_EQ(Run({"query", "-d", "d", "--token", std::string(8192, 't'), "SELECT 1"}), 0);
  EXPECT_EQ(server_.requests().size(), 1u);
}

TEST_F(RunTest, CreatesADatabase) {
  EXPECT_EQ(Run({"create", "database", "--retention-period", "30d", "my_db"}), 0);
  EXPECT_EQ(out_.str(), "Database \"my_db\" created successfully\n");
  const auto sent = Sent();
  EXPECT_EQ(sent.method + " " + sent.target, "POST /api/v3/configure/database");
  EXPECT_EQ(Json::parse(sent.body), Json::parse(R"({"db":"my_db","retention_period":"30d"})"));
  EXPECT_THAT(sent.headers, ElementsAre(std::pair("Content-Type", "application/json")));
}

TEST_F(RunTest, RefusesBadDatabaseArgumentsBeforeAskingTheServer) {
  EXPECT_EQ(Run({"create", "database", "a b"}), 2);
  EXPECT_THAT(err_.str(), StartsWith("tidemill create database: invalid database name 'a b'"));
  EXPECT_EQ(Run({"create", "database", "d", "--retention-period", "5x"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("5x"));
  EXPECT_EQ(Run({"create", "database"}), 2);
  EXPECT_EQ(
      err_.str(),
      "tidemill create database: missing argument <DATABASE_NAME>: name of the new database\n");
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(RunTest, CreatesATable) {
  EXPECT_EQ(Run({"create", "table", "cpu", "-d", "d", "--tags", "host,zone", "--fields",
                 "usage:float64,a:b:utf8"}),
            0);
  EXPECT_EQ(out_.str(), "Table \"d\".\"cpu\" created successfully\n");
  const auto sent = Sent();
  EXPECT_EQ(sent.method + " " + sent.target, "POST /api/v3/configure/table");
  EXPECT_EQ(Json::parse(sent.body),
            Json::parse(R"({"db":"d","table":"cpu","tags":["host","zone"],"fields":[
                {"name":"usage","type":"float64"},{"name":"a:b","type":"utf8"}]})"));
  EXPECT_EQ(Run({"create", "table", "t", "-d", "d", "--fields", "usage:float"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("a type of utf8, int64, uint64, float64 or bool, not "
                                    "'usage:float'"));
}

TEST_F(RunTest, ListsDatabases) {
  server_.SetAnswer(200, "OK", "+-+\n| a |\n+-+");
  EXPECT_EQ(Run({"show", "databases"}), 0);
  EXPECT_EQ(out_.str(), "+-+\n| a |\n+-+\n");
  EXPECT_EQ(Sent().target, "/api/v3/configure/database?format=pretty&show_deleted=false");
  EXPECT_EQ(Run({"show", "databases", "--show-deleted", "--format", "csv"}), 0);
  EXPECT_EQ(server_.requests().back().target,
            "/api/v3/configure/database?format=csv&show_deleted=true");
}

// --- Triggers ---------------------------------------------------------------------------------

TEST_F(RunTest, CreatesATrigger) {
  EXPECT_EQ(Run({"create", "trigger", "--trigger-spec", " table:cpu ", "--plugin-filename",
                 "gh:influxdata/a/a.py", "--database", "d", "my trigger"}),
            0);
  EXPECT_EQ(out_.str(), "Trigger my trigger created successfully\n");
  const auto sent = Sent();
  EXPECT_EQ(sent.method + " " + sent.target, "POST /api/v3/configure/processing_engine_trigger");
  EXPECT_EQ(Json::parse(sent.body),
            Json::parse(R"({"db":"d","plugin_filename":"gh:influxdata/a/a.py",
                "trigger_name":"my trigger",
                "trigger_settings":{"run_async":false,"error_behavior":"log"},
                "trigger_specification":"table:cpu","trigger_arguments":null,"disabled":false})"));
}

TEST_F(RunTest, CreatesATriggerWithEveryOption) {
  EXPECT_EQ(Run({"create", "trigger", "-d", "d", "--trigger-spec", "every:90s", "--path", "p/",
                 "--trigger-arguments", "exclude_tables=a,b,c", "--trigger-arguments", "x=1",
                 "--error-behavior", "Disable", "--run-asynchronous", "--disabled", "t"}),
            0);
  EXPECT_EQ(Json::parse(Sent().body),
            Json::parse(R"({"db":"d","plugin_filename":"p/","trigger_name":"t",
                "trigger_settings":{"run_async":true,"error_behavior":"disable"},
                "trigger_specification":"every:1m 30s",
                "trigger_arguments":{"exclude_tables":"a,b,c","x":"1"},"disabled":true})"));
}

TEST_F(RunTest, RefusesBadTriggersBeforeAskingTheServer) {
  const auto expect = [&](std::vector<std::string> more, std::string_view message) {
    std::vector<std::string> words = {"create", "trigger", "-d", "d"};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(Run(words), 2);
    EXPECT_EQ(err_.str(), "tidemill create trigger: " + std::string(message) + "\n");
  };
  expect(
      {"--trigger-spec", "tabel:cpu", "--path", "p.py", "t"},
      "trigger spec 'tabel:cpu': expected table:, all_tables, every:, cron: or request:; did you "
      "mean 'table:cpu'?");
  expect({"--trigger-spec", "all_tables", "t"},
         "Either --path or --plugin-filename must be provided");
  expect({"--trigger-spec", "all_tables", "--path", "a", "--plugin-filename", "b", "t"},
         "--path and --plugin-filename are the same thing: leave one out");
  expect({"--path", "p.py", "t"}, "missing --trigger-spec <SPEC>");
  expect({"--trigger-spec", "all_tables", "--path", "p.py", "--error-behavior", "ignore", "t"},
         "--error-behavior 'ignore': expected log, retry or disable");
  expect({"--trigger-spec", "all_tables", "--path", "p.py", "--trigger-arguments", "x", "t"},
         "--trigger-arguments 'x': must be formatted as \"key=value\"");
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(RunTest, WarnsOfNumbersForDaysOfTheWeek) {
  EXPECT_EQ(Run({"create", "trigger", "-d", "d", "--trigger-spec", "cron:0 0 8 * * 1-5", "--path",
                 "p.py", "t"}),
            0);
  EXPECT_THAT(err_.str(), StartsWith("warning: days of the week count from 1 = Sunday"));
}

TEST_F(RunTest, EnablesDisablesAndDeletesTriggers) {
  EXPECT_EQ(Run({"enable", "trigger", "-d", "my db", "t/1"}), 0);
  EXPECT_EQ(out_.str(), "Trigger t/1 enabled successfully\n");
  EXPECT_EQ(Run({"disable", "trigger", "t", "--database=d"}), 0);
  EXPECT_EQ(out_.str(), "Trigger t disabled successfully\n");
  EXPECT_EQ(Run({"delete", "trigger", "-d", "d", "--force", "t"}), 0);
  EXPECT_EQ(out_.str(), "Trigger t deleted successfully\n");
  const auto requests = server_.requests();
  const std::string path = "/api/v3/configure/processing_engine_trigger";
  EXPECT_EQ(requests[0].method + " " + requests[0].target,
            "POST " + path + "/enable?db=my%20db&trigger_name=t%2F1");
  EXPECT_EQ(requests[1].method + " " + requests[1].target,
            "POST " + path + "/disable?db=d&trigger_name=t");
  EXPECT_EQ(requests[2].method + " " + requests[2].target,
            "DELETE " + path + "?db=d&trigger_name=t&force=true");
  server_.SetAnswer(404, "Not Found", "the requested resource was not found: t");
  EXPECT_EQ(Run({"disable", "trigger", "-d", "d", "t"}), 1);
  EXPECT_EQ(err_.str(),
            "Disable command failed: server responded with error [404 Not Found]: the requested "
            "resource was not found: t\n");
}

// --- Query ------------------------------------------------------------------------------------

TEST_F(RunTest, QueriesFromAnArgumentAFileOrStandardInput) {
  server_.SetAnswer(200, "OK", "+-+\n| 1 |\n+-+");
  EXPECT_EQ(Run({"query", "-d", "d", "SELECT 1"}), 0);
  EXPECT_EQ(out_.str(), "+-+\n| 1 |\n+-+\n");
  EXPECT_EQ(Run({"q", "-d", "d", "--file", TempFile("SELECT 2\n")}), 0);
  in_.str("SELECT 3;\n");
  in_is_terminal_ = false;
  EXPECT_EQ(Run({"query", "-d", "d", "--format", "json"}), 0);
  std::vector<std::string> bodies;
  for (const auto& request : server_.requests()) {
    EXPECT_EQ(request.method + " " + request.target, "POST /api/v3/query_sql");
    bodies.push_back(request.body);
  }
  EXPECT_THAT(bodies, ElementsAre(R"({"db":"d","q":"SELECT 1","format":"pretty"})",
                                  R"({"db":"d","q":"SELECT 2","format":"pretty"})",
                                  R"({"db":"d","q":"SELECT 3;","format":"json"})"));
}

TEST_F(RunTest, SaysThatInfluxQlIsNotThereYet) {
  EXPECT_EQ(Run({"query", "-d", "d", "-l", "sql", "SHOW TABLES"}), 0);
  EXPECT_EQ(Sent().target, "/api/v3/query_sql");
  EXPECT_EQ(Run({"query", "-d", "d", "-l", "influxql", "SHOW MEASUREMENTS"}), 2);
  EXPECT_EQ(err_.str(),
            "tidemill query: --language 'influxql': InfluxQL is not there yet, expected sql\n");
  EXPECT_EQ(Run({"query", "-d", "d", "-l", "flux", "from()"}), 2);
  EXPECT_EQ(err_.str(), "tidemill query: --language 'flux': expected sql\n");
  EXPECT_EQ(server_.requests().size(), 1u);
}

TEST_F(RunTest, FailsWhenStandardOutputTakesNothing) {
  server_.SetAnswer(200, "OK", "[]");
  for (const auto& words : {std::vector<std::string>{"show", "databases"},
                            {"query", "-d", "d", "SELECT 1"},
                            {"create", "database", "d"}}) {
    out_.setstate(std::ios::badbit);  // as a full disk does
    EXPECT_EQ(Run(words), 1);
    EXPECT_THAT(err_.str(), HasSubstr(" command failed: cannot write to standard output\n"));
    out_.clear();
  }
  out_.setstate(std::ios::badbit);
  EXPECT_EQ(Run({"--help"}), 1);
  EXPECT_EQ(err_.str(), "tidemill: cannot write to standard output\n");
}

TEST_F(RunTest, WritesAResultToAFileByteForByte) {
  const std::string path = TempFile("old content, longer than the new");
  const std::string parquet("PAR1\0\xff\n", 7);
  server_.SetAnswer(200, "OK", parquet);
  EXPECT_EQ(Run({"query", "-d", "d", "--format", "parquet", "-o", path, "SELECT 1"}), 0);
  EXPECT_EQ(out_.str(), "");
  std::ostringstream written;
  written << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_EQ(written.str(), parquet);
}

TEST_F(RunTest, LeavesTheOldFileWhenTheQueryIsRefused) {
  const std::string path = TempFile("old");
  server_.SetAnswer(400, "Bad Request", "no such table");
  EXPECT_EQ(Run({"query", "-d", "d", "-o", path, "SELECT * FROM x"}), 1);
  std::ostringstream kept;
  kept << std::ifstream(path).rdbuf();
  EXPECT_EQ(kept.str(), "old");
}

TEST_F(RunTest, RefusesParquetOnATerminalOnly) {
  EXPECT_EQ(Run({"query", "-d", "d", "--format", "parquet", "SELECT 1"}), 1);
  EXPECT_EQ(err_.str(),
            "Query command failed: parquet is not for a terminal: give --output FILE\n");
  EXPECT_TRUE(server_.requests().empty());
  out_is_terminal_ = false;
  server_.SetAnswer(200, "OK", "PAR1");
  EXPECT_EQ(Run({"query", "-d", "d", "--format", "parquet", "SELECT 1"}), 0);
  EXPECT_EQ(out_.str(), "PAR1");
}

TEST_F(RunTest, NeedsAQuery) {
  EXPECT_EQ(Run({"query", "-d", "d"}), 1);
  EXPECT_EQ(err_.str(),
            "Query command failed: no query: give it as an argument, with --file FILE, or on "
            "standard input\n");
  EXPECT_EQ(Run({"query", "-d", "d", " \n"}), 1);
  EXPECT_EQ(err_.str(), "Query command failed: the query is empty\n");
  EXPECT_EQ(Run({"query", "-d", "d", "-f", "/does/not/exist"}), 1);
  EXPECT_EQ(err_.str(),
            "Query command failed: cannot read '/does/not/exist': No such file or directory\n");
  EXPECT_EQ(Run({"query", "-d", "d", "-f", "/tmp"}), 1);
  EXPECT_EQ(err_.str(), "Query command failed: cannot read '/tmp': Is a directory\n");
  EXPECT_EQ(Run({"query", "-d", "d", "-f", "x", "SELECT 1"}), 2);
  EXPECT_EQ(Run({"query", "-d", "d", "SELECT", "1"}), 2);
  EXPECT_EQ(err_.str(), "tidemill query: unexpected argument '1': text with blanks needs quotes\n");
  EXPECT_EQ(Run({"query", "SELECT 1"}), 2);
  EXPECT_EQ(err_.str(),
            "tidemill query: missing -d, --database <DATABASE> (or set INFLUXDB3_DATABASE_NAME)\n");
}

// --- Write ------------------------------------------------------------------------------------

TEST_F(RunTest, WritesAnArgument) {
  server_.SetAnswer(204, "No Content", "");
  EXPECT_EQ(Run({"write", "-d", "d", "cpu,host=a f=1 1\ncpu,host=b f=2 1"}), 0);
  const auto sent = Sent();
  EXPECT_EQ(sent.method + " " + sent.target,
            "POST /api/v3/write_lp?db=d&accept_partial=false&no_sync=false");
  EXPECT_EQ(sent.body, "cpu,host=a f=1 1\ncpu,host=b f=2 1");
  EXPECT_EQ(out_.str(), "");
  EXPECT_THAT(err_.str(), StartsWith("wrote 2 lines, 33 bytes in 1 request, "));
}

TEST_F(RunTest, PassesTheWriteOptionsOn) {
  EXPECT_EQ(Run({"w", "--database", "d", "-p", "ms", "--accept-partial", "--no-sync", "--gzip",
                 "--quiet", "--write-host", "http://w:9", "cpu f=1"}),
            0);
  const auto sent = Sent();
  EXPECT_EQ(sent.options.url, "http://w:9");
  EXPECT_EQ(sent.target, "/api/v3/write_lp?db=d&precision=ms&accept_partial=true&no_sync=true");
  EXPECT_THAT(sent.headers, ::testing::Contains(std::pair("Content-Encoding", "gzip")));
  const auto inflated = Gunzip(sent.body, 1000);
  ASSERT_TRUE(inflated.ok());
  EXPECT_EQ(*inflated, "cpu f=1");
  EXPECT_EQ(err_.str(), "");
  EXPECT_EQ(Run({"write", "-d", "d", "-p", "minutes", "cpu f=1"}), 2);
  EXPECT_EQ(err_.str(), "tidemill write: --precision 'minutes': expected auto, ns, us, ms or s\n");
}

TEST_F(RunTest, SplitsAFileIntoRequestsAtLineEnds) {
  std::string lines;
  for (int i = 0; i < 10; ++i) lines += "cpu f=" + std::to_string(i) + "\n";
  EXPECT_EQ(Run({"write", "-d", "d", "--max-request-size", "25", "-f", TempFile(lines)}), 0);
  std::string joined;
  for (const auto& request : server_.requests()) {
    EXPECT_EQ(request.body.size() % 8, 0u) << request.body;
    joined += request.body;
  }
  EXPECT_EQ(joined, lines);
  EXPECT_EQ(server_.requests().size(), 4u);
  EXPECT_THAT(err_.str(), StartsWith("wrote 10 lines, 80 bytes in 4 requests, "));
}

TEST_F(RunTest, WritesOverSeveralConnections) {
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "cpu f=" + std::to_string(i) + "\n";
  in_.str(lines);
  in_is_terminal_ = false;
  EXPECT_EQ(
      Run({"write", "-d", "d", "--max-request-size", "100", "--max-concurrent-requests", "4"}), 0);
  std::size_t bytes = 0;
  for (const auto& request : server_.requests()) bytes += request.body.size();
  EXPECT_EQ(bytes, lines.size());
  EXPECT_THAT(err_.str(), StartsWith("wrote 1000 lines, "));
}

constexpr auto kPartial =
    R"({"error":"partial write of line protocol occurred","data":[)"
    R"({"error_message":"No fields were provided","line_number":2,"original_line":"bad"}]})";

TEST_F(RunTest, NamesRejectedLinesByTheirPlaceInTheInput) {
  server_.SetAnswer([](const FakeHttp::Request& request) -> Result<http::ClientResponse> {
    if (request.body.find("bad") == std::string::npos) return http::ClientResponse{204, "", {}, ""};
    return http::ClientResponse{400, "Bad Request", {}, kPartial};
  });
  const std::string path = TempFile("a f=1\nb f=2\nc f=3\nbad\ne f=5\nf f=6\n");
  // Two lines to a request: the second request holds lines 3 and 4.
  EXPECT_EQ(Run({"write", "-d", "d", "--accept-partial", "--max-request-size", "12", "-f", path}),
            1);
  EXPECT_EQ(server_.requests().size(), 3u) << "the rest goes on";
  EXPECT_THAT(err_.str(), HasSubstr("line 4: No fields were provided: bad\n"));
  EXPECT_THAT(err_.str(), HasSubstr("wrote 5 lines, "));
  EXPECT_THAT(err_.str(), HasSubstr("Write command failed: 1 line rejected\n"));
}

TEST_F(RunTest, StopsAtARefusedRequest) {
  server_.SetAnswer(
      400, "Bad Request",
      R"({"error":"line protocol parsing error","data":)"
      R"({"error_message":"No fields were provided","line_number":1,"original_line":"cpu"}})");
  EXPECT_EQ(Run({"write", "-d", "d", "cpu"}), 1);
  EXPECT_EQ(err_.str(),
            "line 1: No fields were provided: cpu\n"
            "Write command failed: server responded with error [400 Bad Request]: line protocol "
            "parsing error\n");
  server_.SetAnswer(503, "Service Unavailable", "the disk is full");
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "cpu f=1\n";
  const auto before = server_.requests().size();
  EXPECT_EQ(Run({"write", "-d", "d", "--max-request-size", "8", "-f", TempFile(lines)}), 1);
  EXPECT_EQ(err_.str(),
            "Write command failed: server responded with error [503 Service Unavailable]: the disk "
            "is full\n");
  EXPECT_LT(server_.requests().size() - before, 3u);
}

TEST_F(RunTest, NeedsLineProtocol) {
  EXPECT_EQ(Run({"write", "-d", "d"}), 1);
  EXPECT_EQ(err_.str(),
            "Write command failed: no line protocol: give it as an argument, with --file FILE, or "
            "on standard input\n");
  EXPECT_EQ(Run({"write", "-d", "d", "--max-request-size", "4", "cpu f=1"}), 1);
  EXPECT_EQ(err_.str(),
            "Write command failed: line 1 is longer than --max-request-size (4 bytes)\n");
}

TEST_F(RunTest, SaysWhenTheInputWasEmpty) {
  EXPECT_EQ(Run({"write", "-d", "d", ""}), 1);
  EXPECT_EQ(err_.str(), "Write command failed: the line protocol is empty\n");
  EXPECT_TRUE(server_.requests().empty());
}

// --- System tables ----------------------------------------------------------------------------

class ShowSystemTest : public RunTest {
 protected:
  ShowSystemTest() {
    server_.SetAnswer([](const FakeHttp::Request& request) -> Result<http::ClientResponse> {
      const auto body = Json::parse(request.body);
      const bool is_list =
          body["q"].get<std::string>().find("information_schema") != std::string::npos;
      if (is_list && body["format"] == "json") {
        return http::ClientResponse{
            200, "OK", {}, R"([{"table_name":"parquet_files"},{"table_name":"queries"}])"};
      }
      return http::ClientResponse{200, "OK", {}, "++\n++"};
    });
  }
  std::vector<std::string> Queries() {
    std::vector<std::string> out;
    for (const auto& request : server_.requests()) out.push_back(Json::parse(request.body)["q"]);
    return out;
  }
};

TEST_F(ShowSystemTest, ListsTheTables) {
  EXPECT_EQ(Run({"show", "system", "-d", "d", "table-list"}), 0);
  EXPECT_EQ(out_.str(), "++\n++\n");
  EXPECT_EQ(Json::parse(Sent().body)["format"], "pretty");
}

TEST_F(ShowSystemTest, ShowsOneTable) {
  EXPECT_EQ(Run({"show", "s", "-d", "d", "table", "queries", "-l", "5", "-o", "issue_time", "-s",
                 "id,phase"}),
            0);
  EXPECT_EQ(Queries().back(), "SELECT id,phase FROM system.queries ORDER BY issue_time LIMIT 5");
  EXPECT_EQ(Run({"show", "system", "table", "queries", "-d", "d"}), 0);
  EXPECT_EQ(Queries().back(), "SELECT * FROM system.queries LIMIT 100");
  EXPECT_EQ(Run({"show", "system", "table", "queries", "-d", "d", "--limit", "0"}), 0);
  EXPECT_EQ(Queries().back(), "SELECT * FROM system.queries");
}

TEST_F(ShowSystemTest, NamesTheTablesThereAreWhenThereIsNoSuchTable) {
  EXPECT_EQ(Run({"show", "system", "table", "meow", "-d", "d"}), 1);
  EXPECT_EQ(err_.str(),
            "Show command failed: system table 'meow' not found: please use a valid system table "
            "name: [parquet_files, queries]\n");
}

TEST_F(ShowSystemTest, SummarisesEveryTable) {
  for (const auto& words : {std::vector<std::string>{"show", "system", "summary", "-d", "d"},
                            std::vector<std::string>{"show", "summary", "--database", "d"}}) {
    EXPECT_EQ(Run(words), 0);
    EXPECT_EQ(out_.str(), "parquet_files summary:\n++\n++\nqueries summary:\n++\n++\n");
    EXPECT_EQ(Queries().back(), "SELECT * FROM system.queries LIMIT 10");
  }
}

TEST_F(ShowSystemTest, RefusesWhatMakesNoSense) {
  EXPECT_EQ(Run({"show", "system", "-d", "d", "tables"}), 2);
  EXPECT_EQ(err_.str(),
            "tidemill show system: WHAT 'tables': expected table-list, table or summary\n");
  EXPECT_EQ(Run({"show", "system", "-d", "d"}), 2);
  EXPECT_EQ(err_.str(),
            "tidemill show system: missing argument <WHAT>: table-list, table or summary\n");
  EXPECT_EQ(Run({"show", "system", "-d", "d", "table"}), 2);
  EXPECT_EQ(err_.str(), "tidemill show system: missing argument <TABLE_NAME>\n");
  EXPECT_EQ(Run({"show", "system", "-d", "d", "summary", "queries"}), 2);
  EXPECT_EQ(err_.str(),
            "tidemill show system: unexpected argument 'queries': summary takes none\n");
}

}  // namespace
}  // namespace tidemill::cli
