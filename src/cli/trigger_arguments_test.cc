#include "cli/trigger_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemill::cli {
namespace {

using Pairs = std::map<std::string, std::string>;

void ExpectPairs(std::string_view text, const Pairs& expected) {
  SCOPED_TRACE(text);
  Pairs pairs;
  const auto added = AddTriggerArguments(text, pairs);
  ASSERT_TRUE(added.ok()) << added.error().message;
  EXPECT_EQ(pairs, expected);
}

TEST(TriggerArguments, SplitAtCommasThatBeginAPair) {
  ExpectPairs("threshold=90,notify_email=admin@example.com",
              {{"threshold", "90"}, {"notify_email", "admin@example.com"}});
  ExpectPairs("exclude_tables=temp_data,debug_info,system_logs",
              {{"exclude_tables", "temp_data,debug_info,system_logs"}});
  ExpectPairs("a=1,2,b=3,,4,c=", {{"a", "1,2"}, {"b", "3,,4"}, {"c", ""}});
}

TEST(TriggerArguments, KeepEqualSignsAndBlanksInValues) {
  ExpectPairs("query=a=b", {{"query", "a=b"}});
  ExpectPairs(" a = b ", {{" a ", " b "}});
  ExpectPairs("a=1,a=2", {{"a", "2"}});
}

TEST(TriggerArguments, RefuseWhatIsNoPair) {
  for (const auto text : {"", "a", "a,b=1", "=1", "a=1,=2"}) {
    Pairs pairs;
    const auto added = AddTriggerArguments(text, pairs);
    ASSERT_FALSE(added.ok()) << text;
    EXPECT_THAT(added.error().message, ::testing::HasSubstr("must be formatted as \"key=value\""));
  }
}

}  // namespace
}  // namespace tidemill::cli
