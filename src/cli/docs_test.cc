// docs/cli.md names every client command and flag that there is, and no other.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

#include "cli/command.h"
#include "testing/doc_page.h"

namespace tidemill::cli {
namespace {

std::string CliPage() {
  std::ostringstream text;
  text << testing::OpenDocPage("cli.md").rdbuf();
  const std::string page = text.str();
  return page.substr(0, page.find("## serve"));  // that section is app's
}

std::set<std::string> FlagsIn(const std::string& text) {
  static const std::regex kFlag("--[a-z][a-z-]+");
  return {std::sregex_token_iterator(text.begin(), text.end(), kFlag),
          std::sregex_token_iterator()};
}

TEST(CliPage, NamesEveryCommandAndFlag) {
  const std::string page = CliPage();
  ASSERT_FALSE(page.empty()) << "docs/cli.md was not found";
  const std::set<std::string> documented = FlagsIn(page);
  std::set<std::string> declared = {"--help", "--help-all", "--name"};  // the last stands for any
  for (const CommandEntry& entry : Commands()) {
    EXPECT_NE(page.find(entry.words), std::string::npos) << entry.words;
    const auto command = entry.make();
    Arguments arguments;
    command->Declare(arguments);
    declared.merge(FlagsIn(arguments.Help()));
  }
  for (const std::string& flag : declared) EXPECT_TRUE(documented.contains(flag)) << flag;
  for (const std::string& flag : documented) {
    EXPECT_TRUE(declared.contains(flag)) << "documented, but there is no " << flag;
  }
}

}  // namespace
}  // namespace tidemill::cli
