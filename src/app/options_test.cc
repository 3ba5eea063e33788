// The flags of `serve`: how they are read, what refuses them, and that docs/cli.md lists them all.
#include "app/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <ostream>
#include <regex>
#include <sstream>

#include "base/strings.h"
#include "testing/doc_page.h"

namespace tidemill::app {
namespace {

using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

Result<std::optional<ServeOptions>> Parse(const Words& words, const Variables& variables = {}) {
  std::string help;
  const auto environment = [&](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  return ParseServeOptions(words, environment, help);
}

ServeOptions Parsed(const Words& words, const Variables& variables = {}) {
  const auto parsed = Parse(words, variables);
  EXPECT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_TRUE(!parsed.ok() || parsed->has_value());
  return parsed.ok() && *parsed ? **parsed : ServeOptions();
}

TEST(ServeOptions, AreTheDefaultsWhenNothingIsSaid) { EXPECT_EQ(Parsed({}), ServeOptions()); }

TEST(ServeOptions, ReadEveryFlag) {
  ServeOptions expected;
  expected.node_id = "node-1.a_B";
  expected.memory_store = true;
  expected.data_dir = "/data";
  expected.plugin_dir = "plugins";
  expected.virtual_env = "/venv";
  expected.http_bind = "[::1]:0";
  expected.without_auth = true;
  expected.wal_flush_interval = std::chrono::milliseconds(250);
  expected.log_filter = "info,wal=debug";
  expected.body_bytes_max = 1;
  expected.query_concurrency = 3;
  expected.query_queue = 4;
  expected.query_time_limit = std::chrono::seconds(90);
  expected.http_threads = 5;
  expected.trigger_batch_rows = 6;
  expected.trigger_time_limit = std::chrono::minutes(2);
  expected.shutdown_timeout = std::chrono::seconds(1);
  expected.disk_reserve_bytes = 7;
  expected.limits.databases_max = 8;
  expected.limits.tables_max = 9;
  expected.limits.columns_per_table_max = 10;
  const Words words = {"--node-id",
                       "node-1.a_B",
                       "--object-store=memory",
                       "--data-dir",
                       "/data",
                       "--plugin-dir=plugins",
                       "--virtual-env-location",
                       "/venv",
                       "--http-bind=[::1]:0",
                       "--without-auth",
                       "--wal-flush-interval",
                       "250ms",
                       "--log-filter=info,wal=debug",
                       "--max-http-request-size=1",
                       "--query-concurrency",
                       "3",
                       "--query-queue=4",
                       "--query-time-limit",
                       "1m 30s",
                       "--num-io-threads=5",
                       "--trigger-batch-rows=6",
                       "--trigger-time-limit=2m",
                       "--shutdown-timeout=1s",
                       "--disk-reserve=7",
                       "--num-database-limit=8",
                       "--num-table-limit=9",
                       "--num-total-columns-per-table-limit=10"};
  EXPECT_EQ(Parsed(words), expected);
  std::size_t given = 0;
  for (const std::string& word : words) given += word.starts_with("--") ? 1 : 0;
  EXPECT_EQ(given, ServeFlags().size()) << "a new flag belongs into this test";
}

TEST(ServeOptions, KnowTheOlderName) { EXPECT_EQ(Parsed({"--host-id", "h"}).node_id, "h"); }

TEST(ServeOptions, ReadASwitchWithAndWithoutAValue) {
  EXPECT_TRUE(Parsed({"--without-auth"}).without_auth);
  EXPECT_TRUE(Parsed({"--without-auth=TRUE"}).without_auth);
  EXPECT_FALSE(Parsed({"--without-auth=off"}).without_auth);
  EXPECT_EQ(Parsed({"--without-auth", "--node-id", "n"}).node_id, "n");
}

TEST(ServeOptions, ComeFromTheEnvironmentWhereTheLineIsSilent) {
  const Variables variables = {{"INFLUXDB3_NODE_IDENTIFIER_PREFIX", "from-environment"},
                               {"INFLUXDB3_DB_DIR", "/from-environment"},
                               {"INFLUXDB3_START_WITHOUT_AUTH", "true"}};
  const ServeOptions options = Parsed({"--node-id", "from-line"}, variables);
  EXPECT_EQ(options.node_id, "from-line");
  EXPECT_EQ(options.data_dir, "/from-environment");
  EXPECT_TRUE(options.without_auth);
  EXPECT_FALSE(Parsed({"--without-auth=false"}, variables).without_auth);
}

TEST(ServeOptions, EveryVariableSetsWhatItsFlagSets) {
  for (const ServeFlag& flag : ServeFlags()) {
    for (const std::string& variable : flag.environment) {
      SCOPED_TRACE(variable);
      const std::string value = flag.placeholder.empty()         ? "true"
                                : flag.placeholder == "DURATION" ? "7s"
                                : flag.name == "--object-store"  ? "memory"
                                : flag.name == "--http-bind"     ? "127.0.0.1:7"
                                                                 : "7";
      EXPECT_EQ(Parsed({}, {{variable, value}}), Parsed({flag.name + "=" + value}));
      EXPECT_NE(Parsed({}, {{variable, value}}), ServeOptions());
      EXPECT_EQ(Parsed({}, {{variable, ""}}), ServeOptions()) << "set to nothing is not set";
    }
  }
}

TEST(ServeOptions, TheFirstOfSeveralVariablesWins) {
  const Variables both = {{"INFLUXDB3_DB_DIR", "/first"}, {"INFLUXDB3_DATA_DIR", "/second"}};
  EXPECT_EQ(Parsed({}, both).data_dir, "/first");
  EXPECT_EQ(Parsed({}, {{"INFLUXDB3_DB_DIR", ""}, {"INFLUXDB3_DATA_DIR", "/second"}}).data_dir,
            "/second");
}

void ExpectRefused(const Words& words, const std::string& message,
                   const Variables& variables = {}) {
  SCOPED_TRACE(::testing::PrintToString(words));
  const auto parsed = Parse(words, variables);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(parsed.error().message, message);
}

TEST(ServeOptions, RefuseWhatIsNoFlag) {
  ExpectRefused({"--dta-dir", "x"}, "unknown flag '--dta-dir', did you mean '--data-dir'?");
  ExpectRefused({"--DATA-DIR=x"}, "unknown flag '--DATA-DIR', did you mean '--data-dir'?");
  ExpectRefused({"--frobnicate"}, "unknown flag '--frobnicate', see tidemill serve --help");
  ExpectRefused({"-x"}, "unknown flag '-x', see tidemill serve --help");
  for (const std::string word : {"n", "", "-", "--"}) {
    ExpectRefused({word}, "unexpected argument '" + word + "', see tidemill serve --help");
  }
  const std::string cut(118, 'x');
  ExpectRefused({"--" + std::string(100'000, 'x')},
                "unknown flag '--" + cut + "...', see tidemill serve --help");
}

TEST(ServeOptions, NameFlagsThatAreOnlyElsewhere) {
  // Near "--plugin-dir", but not a misspelling of it.
  ExpectRefused({"--plugin-repo", "https://x/"},
                "flag '--plugin-repo' is not there yet: leave it out");
  ExpectRefused({"--aws-access-key-id=k"},
                "flag '--aws-access-key-id' is not there yet: leave it out");
  for (const ServeFlag& flag : ServeFlags()) EXPECT_FALSE(IsServeFlagElsewhere(flag.name));
}

TEST(ServeOptions, RefuseAFlagWithoutItsValue) {
  ExpectRefused({"--data-dir"}, "--data-dir needs a value: --data-dir <DIR>");
  ExpectRefused({"--data-dir", "--node-id", "n"}, "--data-dir needs a value: --data-dir <DIR>");
  ExpectRefused({"--data-dir", "--node-id=n"}, "--data-dir needs a value: --data-dir <DIR>");
  ExpectRefused({"--data-dir="}, "--data-dir: the value is empty");
  ExpectRefused({"--data-dir", ""}, "--data-dir: the value is empty");
}

TEST(ServeOptions, RefuseAFlagGivenTwice) {
  ExpectRefused({"--node-id", "a", "--node-id", "b"}, "--node-id is given twice");
  ExpectRefused({"--node-id", "a", "--host-id=b"}, "--node-id is given twice");
}

TEST(ServeOptions, RefuseBadValues) {
  for (const std::string bad : {"a/b", "..", ".a", "a b", "", "\xc3\xbc", "a\nb"}) {
    const std::string shown = bad == "a\nb" ? "a?b" : bad;
    ExpectRefused({"--node-id=" + bad},
                  "--node-id: '" + shown +
                      "': expected 1 to 128 letters, digits, '-', '_' and '.', not beginning with "
                      "'.', since it names a directory");
  }
  EXPECT_TRUE(Parse({"--node-id", std::string(128, 'a')}).ok());
  EXPECT_FALSE(Parse({"--node-id", std::string(129, 'a')}).ok());

  ExpectRefused({"--object-store", "disk"}, "--object-store: 'disk': expected file or memory");
  ExpectRefused({"--object-store", "s3"},
                "--object-store: 's3': expected file or memory (s3 is not there yet)");
  ExpectRefused({"--without-auth=maybe"}, "--without-auth: 'maybe': expected true or false");
  for (const std::string bad : {"0", "-1", "1025", "2x", "1.5", "", "99999999999999999999999"}) {
    ExpectRefused({"--num-io-threads=" + bad},
                  "--num-io-threads: '" + bad + "': expected a whole number from 1 to 1024");
  }
  for (const std::string bad : {"0s", "366d"}) {
    ExpectRefused({"--shutdown-timeout", bad}, "--shutdown-timeout: duration '" + bad +
                                                   "': expected more than 0 and at most 365d");
  }
  EXPECT_EQ(Parsed({"--shutdown-timeout", "365d"}).shutdown_timeout, std::chrono::hours(365 * 24));
  EXPECT_FALSE(Parse({"--shutdown-timeout", "5"}).ok()) << "a duration needs its unit";

  ExpectRefused({},
                "environment variable INFLUXDB3_NUM_IO_THREADS: 'many': expected a whole number "
                "from 1 to 1024",
                {{"INFLUXDB3_NUM_IO_THREADS", "many"}});
}

TEST(ServeOptions, TakeAnAddressWithItsPortOnly) {
  for (const std::string good :
       {"127.0.0.1:0", "0.0.0.0:65535", "localhost:8181", ":8181", "[::]:1"})
    EXPECT_EQ(Parsed({"--http-bind", good}).http_bind, good);
  for (const std::string bad : {"nonsense", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "1.2.3:1",
                                "127.0.0.1:-1", "127.0.0.1:80x", "::1:80", "[::1]", "[1.2.3.4]:1",
                                "example.org:8181", "http://127.0.0.1:8181"}) {
    ExpectRefused(
        {"--http-bind", bad},
        "--http-bind: '" + bad + "': expected ADDRESS:PORT, such as 127.0.0.1:8181 or [::1]:8181");
  }
}

TEST(ServeOptions, ShowHelpWhateverElseIsSaid) {
  for (const std::string word : {"-h", "--help", "--help-all"}) {
    std::string help;
    const auto parsed = ParseServeOptions(
        {"--nonsense", word}, [](const auto&) { return std::nullopt; }, help);
    ASSERT_TRUE(parsed.ok());
    EXPECT_FALSE(parsed->has_value());
    for (const ServeFlag& flag : ServeFlags()) EXPECT_THAT(help, ::testing::HasSubstr(flag.name));
  }
}

TEST(ServeFlags, DefaultsInTheirTextAreTheDefaults) {
  for (const ServeFlag& flag : ServeFlags()) {
    SCOPED_TRACE(flag.name);
    ASSERT_FALSE(flag.environment.empty());
    if (flag.default_text.find_first_of(" <") != std::string::npos) continue;  // in words
    ServeOptions options;
    const auto set = flag.set(options, flag.default_text);
    ASSERT_TRUE(set.ok()) << set.error().message;
    EXPECT_EQ(options, ServeOptions());
  }
}

// What a row of the table in docs/cli.md says, and the same of a flag.
struct Row {
  std::string name;
  Words aliases;
  Words environment;
  std::string default_text;
  bool operator==(const Row&) const = default;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name << " " << ::testing::PrintToString(row.aliases) << " "
       << ::testing::PrintToString(row.environment) << " default " << row.default_text;
}

// The words in backticks, each without what follows a blank: `--node-id NODE_ID`.
Words Quoted(const std::string& cell) {
  static const std::regex kQuoted("`([^` ]+)[^`]*`");
  Words words;
  for (std::sregex_iterator at(cell.begin(), cell.end(), kQuoted), end; at != end; ++at)
    words.push_back((*at)[1]);
  return words;
}

std::string Without(const std::string& text, char unwanted) {
  std::string out;
  for (const char c : text) {
    if (c != unwanted) out += c;
  }
  return out;
}

std::vector<Row> RowsOfThePage() {
  std::ifstream page = testing::OpenDocPage("cli.md");
  std::vector<Row> rows;
  bool is_serve = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) is_serve = line == "## serve";
    if (!is_serve || !line.starts_with("| `--")) continue;
    line = std::regex_replace(line, std::regex(R"(\\\|)"), "/");
    const auto cells = Split(line, '|');
    if (cells.size() != 6) {
      ADD_FAILURE() << "expected four columns: " << line;
      continue;
    }
    Words names = Quoted(std::string(cells[1]));
    rows.push_back({.name = names[0],
                    .aliases = Words(names.begin() + 1, names.end()),
                    .environment = Quoted(std::string(cells[2])),
                    .default_text = Without(std::string(Trim(cells[3])), '`')});
  }
  return rows;
}

TEST(ServeFlags, StandInTheDocumentationAndNoOthersDo) {
  std::vector<Row> flags;
  for (const ServeFlag& flag : ServeFlags())
    flags.push_back({flag.name, flag.aliases, flag.environment, flag.default_text});
  EXPECT_THAT(RowsOfThePage(), ::testing::UnorderedElementsAreArray(flags));
}

}  // namespace
}  // namespace tidemill::app
