#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace tidemill::cli {
namespace {

using ::testing::Not;
using Words = std::vector<std::string>;

// A command line with one of everything.
struct Example {
  Example() {
    arguments.Add(Positional{.placeholder = "NAME", .help = "the name", .set = Text(name)});
    arguments.Add(Positional{.placeholder = "MORE", .is_required = false, .set = Text(more)});
    arguments.Add(Flag{.name = "database",
                       .letter = 'd',
                       .environment = "DATABASE_NAME",
                       .placeholder = "DATABASE",
                       .is_required = true,
                       .set = Text(database)});
    arguments.Add(Flag{.name = "format",
                       .placeholder = "FORMAT",
                       .set = Choice(format, {"pretty", "json", "csv"})});
    arguments.Add(
        Flag{.name = "limit", .letter = 'l', .placeholder = "N", .set = Number(limit, 1)});
    arguments.Add(
        Flag{.name = "quiet", .letter = 'q', .environment = "QUIET", .set = Switch(is_quiet)});
    arguments.Add(Flag{.name = "tag",
                       .placeholder = "TAG",
                       .is_repeatable = true,
                       .set = [this](const std::string& tag) {
                         tags.push_back(tag);
                         return Ok();
                       }});
    arguments.Add(Flag{.name = "file", .placeholder = "FILE", .is_path = true, .set = Text(file)});
    arguments.Add(Unsupported{.name = "upload", .advice = "copy the file"});
  }
  Result<bool> Parse(const Words& words) {
    return arguments.Parse(words, [this](const std::string& variable) {
      const auto found = environment.find(variable);
      return found == environment.end() ? std::nullopt : std::optional(found->second);
    });
  }
  std::map<std::string, std::string> environment;
  Arguments arguments;
  std::string name, database, file, format = "pretty";
  std::optional<std::string> more;
  std::size_t limit = 100;
  bool is_quiet = false;
  Words tags;
};

TEST(Arguments, ReadsEveryWayToWriteAFlag) {
  for (const Words& words : {Words{"--database", "d", "n"}, Words{"n", "--database=d"},
                             Words{"-d", "d", "n"}, Words{"-dd", "n"}, Words{"n", "-d=d"}}) {
    SCOPED_TRACE(::testing::PrintToString(words));
    Example example;
    const auto parsed = example.Parse(words);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_TRUE(*parsed);
    EXPECT_EQ(example.database, "d");
    EXPECT_EQ(example.name, "n");
    EXPECT_EQ(example.more, std::nullopt);
    EXPECT_FALSE(example.is_quiet);
  }
}

TEST(Arguments, TakesTheRest) {
  Example example;
  const auto parsed = example.Parse({"-q", "--tag", "a", "-l", "5", "--tag=b=c", "--format", "csv",
                                     "-d", "d", "--", "--name", "-x"});
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_TRUE(example.is_quiet);
  EXPECT_THAT(example.tags, ::testing::ElementsAre("a", "b=c"));
  EXPECT_EQ(example.limit, 5u);
  EXPECT_EQ(example.format, "csv");
  EXPECT_EQ(example.name, "--name");
  EXPECT_EQ(example.more, "-x");
}

TEST(Arguments, APathIsAnyBytes) {
  Example example;
  const auto parsed = example.Parse({"n", "-d", "d", "--file", "a\xff"});
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(example.file, "a\xff");
}

TEST(Arguments, TheLineBeatsTheEnvironment) {
  Example example;
  example.environment = {{"DATABASE_NAME", "from-environment"}, {"QUIET", "true"}};
  ASSERT_TRUE(example.Parse({"n", "-d", "from-line"}).ok());
  EXPECT_EQ(example.database, "from-line");
  EXPECT_TRUE(example.is_quiet);

  Example second;
  second.environment = {{"DATABASE_NAME", "from-environment"}, {"QUIET", ""}};
  ASSERT_TRUE(second.Parse({"n"}).ok());
  EXPECT_EQ(second.database, "from-environment");
  EXPECT_FALSE(second.is_quiet);
}

TEST(Arguments, HelpBeatsEverythingThatIsWrong) {
  for (const auto& word : {"-h", "--help", "--help-all"}) {
    Example example;
    const auto parsed = example.Parse({"--nonsense", word});
    ASSERT_TRUE(parsed.ok());
    EXPECT_FALSE(*parsed);
  }
}

void ExpectRefused(const Words& words, std::string_view message) {
  SCOPED_TRACE(::testing::PrintToString(words));
  Example example;
  const auto parsed = example.Parse(words);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(parsed.error().message, message);
}

TEST(Arguments, SaysWhatWouldBeRight) {
  ExpectRefused({"n"}, "missing -d, --database <DATABASE> (or set DATABASE_NAME)");
  ExpectRefused({"-d", "d"}, "missing argument <NAME>: the name");
  ExpectRefused({"n", "--databse", "d"}, "unknown flag '--databse', did you mean '--database'?");
  ExpectRefused({"n", "--frobnicate"}, "unknown flag '--frobnicate', see --help");
  ExpectRefused({"n", "-z"}, "unknown flag '-z', see --help");
  ExpectRefused({"n", "-zoom"}, "unknown flag '-z', see --help");
  ExpectRefused({"n", "--upload"}, "--upload is not there yet: copy the file");
  ExpectRefused({"n", "-d", ""}, "--database '': it is empty");
  ExpectRefused({"", "-d", "d"}, "NAME '': it is empty");
  ExpectRefused({"n", "-d", "\xff"}, "--database '?': it is not UTF-8 text");
  ExpectRefused({"n\xc3", "-d", "d"}, "NAME 'n?': it is not UTF-8 text");
  ExpectRefused({"n", "-d", "d", "--format", std::string(100'000, 'y')},
                "--format '" + std::string(120, 'y') + "...': expected pretty, json or csv");
  ExpectRefused({"n", "--database"}, "--database needs a value: --database <DATABASE>");
  ExpectRefused({"n", "-d", "--", "x"}, "--database needs a value: --database <DATABASE>");
  ExpectRefused({"n", "-d", "d", "-d", "e"}, "--database is given twice");
  ExpectRefused({"n", "-d", "d", "--quiet=yes"}, "--quiet takes no value");
  ExpectRefused({"n", "-d", "d", "--format", "yaml"},
                "--format 'yaml': expected pretty, json or csv");
  ExpectRefused({"n", "-d", "d", "-l", "0"}, "--limit '0': expected a whole number of at least 1");
  ExpectRefused({"n", "-d", "d", "-l", "1x"},
                "--limit '1x': expected a whole number of at least 1");
  ExpectRefused({"n", "-d", "d", "m", "o"},
                "unexpected argument 'o': text with blanks needs quotes");

  Example example;
  example.environment = {{"DATABASE_NAME", "d"}, {"QUIET", "maybe"}};
  EXPECT_EQ(example.Parse({"n"}).error().message, "QUIET 'maybe': expected true or false");
}

TEST(Arguments, ShowsItsUsage) {
  Example example;
  EXPECT_EQ(example.arguments.Usage(), "--database <DATABASE> [OPTIONS] <NAME> [MORE]");
  EXPECT_THAT(example.arguments.Help(), ::testing::HasSubstr("-d, --database <DATABASE>"));
  EXPECT_THAT(example.arguments.Help(), ::testing::HasSubstr("[env: DATABASE_NAME]"));
  EXPECT_THAT(example.arguments.Help(), Not(::testing::HasSubstr("upload")));
}

}  // namespace
}  // namespace tidemill::cli
