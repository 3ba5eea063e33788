#include "model/trigger_spec.h"

#include <gtest/gtest.h>

namespace tidemill::model {
namespace {

void ExpectForms(std::string_view text, std::string_view canonical, std::string_view json) {
  SCOPED_TRACE(text);
  const auto spec = ParseTriggerSpec(text);
  ASSERT_TRUE(spec.ok()) << spec.error().message;
  EXPECT_EQ(PrintTriggerSpec(*spec), canonical);
  EXPECT_EQ(PrintTriggerSpecJson(*spec), json);
  const auto again = ParseTriggerSpec(PrintTriggerSpec(*spec));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, *spec);
}

TEST(TriggerSpec, PrintsItsCanonicalTextAndTheJsonThatClientsRead) {
  ExpectForms("table:cpu", "table:cpu", R"({"single_table_wal_write":{"table_name":"cpu"}})");
  ExpectForms("  table: my \"t\" ", "table:my \"t\"",
              R"({"single_table_wal_write":{"table_name":"my \"t\""}})");
  ExpectForms("all_tables", "all_tables", R"("all_tables_wal_write")");
  ExpectForms("cron: 0 0 8 * * * ", "cron:0 0 8 * * *",
              R"({"schedule":{"schedule":"0 0 8 * * *"}})");
  ExpectForms("every:300s", "every:5m", R"({"every":{"duration":{"secs":300,"nanos":0}}})");
  ExpectForms("every: 1m 30s", "every:1m 30s", R"({"every":{"duration":{"secs":90,"nanos":0}}})");
  ExpectForms("every:100ms", "every:100ms",
              R"({"every":{"duration":{"secs":0,"nanos":100000000}}})");
  ExpectForms("request:a/b c", "request:a/b c", R"({"request_path":{"path":"a/b c"}})");
  ExpectForms("request:w\xc3\xa4rme", "request:w\xc3\xa4rme",
              "{\"request_path\":{\"path\":\"w\xc3\xa4rme\"}}");
}

TEST(TriggerSpec, AcceptsIntervalsFromATenthOfASecondToAYear) {
  for (const auto text : {"every:100ms", "every:1d", "every:365d", "every:1y", "every:1h 30m"}) {
    EXPECT_TRUE(ParseTriggerSpec(text).ok()) << text;
  }
}

void ExpectRejected(std::string_view text, std::string_view message) {
  SCOPED_TRACE(text);
  const auto spec = ParseTriggerSpec(text);
  ASSERT_FALSE(spec.ok());
  EXPECT_EQ(spec.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(spec.error().message, message);
}

TEST(TriggerSpec, RejectsWithAReason) {
  constexpr auto kExpected = "expected table:, all_tables, every:, cron: or request:";
  ExpectRejected("", std::string("trigger spec '': ") + kExpected);
  ExpectRejected("nonsense", std::string("trigger spec 'nonsense': ") + kExpected);
  ExpectRejected("tabel:cpu", std::string("trigger spec 'tabel:cpu': ") + kExpected +
                                  "; did you mean 'table:cpu'?");
  ExpectRejected("Every:5m", std::string("trigger spec 'Every:5m': ") + kExpected +
                                 "; did you mean 'every:5m'?");
  ExpectRejected("all-tables", std::string("trigger spec 'all-tables': ") + kExpected +
                                   "; did you mean 'all_tables'?");
  ExpectRejected("table:", "trigger spec 'table:': table name is empty");
  ExpectRejected("table:  ", "trigger spec 'table:': table name is empty");
  ExpectRejected("request:", "trigger spec 'request:': request path is empty");
  for (const auto text : {"every:0", "every:0s", "every:500us", "every:99ms"}) {
    ExpectRejected(text,
                   std::string("trigger spec '") + text + "': interval must be at least 100ms");
  }
  for (const auto text : {"every:366d", "every:12M"}) {
    ExpectRejected(text, std::string("trigger spec '") + text +
                             "': interval must be at most 1 year (365.25 days); use cron: with a "
                             "year");
  }
  ExpectRejected("cron:* * * * *",
                 "trigger spec 'cron:* * * * *': cron expression '* * * * *': 5 fields, expected 6 "
                 "or 7: second minute hour day-of-month month day-of-week [year]; put the second "
                 "first, as in '0 ...'");
  ExpectRejected("table:\xff", "trigger spec '...': not valid UTF-8");
}

TEST(TriggerSpec, DoesNotStripAPrefixTwice) {
  const auto spec = ParseTriggerSpec("table:table:x");
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(std::get<OnTable>(*spec).table, "table:x");
}

TEST(TriggerSpec, NamesThePluginFunctionItCalls) {
  const auto entry = [](std::string_view text) {
    return EntryFunction(ParseTriggerSpec(text).value());
  };
  EXPECT_EQ(entry("table:cpu"), "process_writes");
  EXPECT_EQ(entry("all_tables"), "process_writes");
  EXPECT_EQ(entry("every:1m"), "process_scheduled_call");
  EXPECT_EQ(entry("cron:@daily"), "process_scheduled_call");
  EXPECT_EQ(entry("request:x"), "process_request");
  EXPECT_TRUE(IsDataWrite(ParseTriggerSpec("all_tables").value()));
  EXPECT_FALSE(IsDataWrite(ParseTriggerSpec("every:1m").value()));
}

}  // namespace
}  // namespace tidemill::model
