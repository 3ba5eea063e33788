#include "sql/rewrite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemill::sql {
namespace {

using ::testing::HasSubstr;

void ExpectTable(std::string_view text, std::string_view schema, std::string_view name) {
  SCOPED_TRACE(text);
  const auto rewritten = RewriteShow(text);
  ASSERT_TRUE(rewritten.ok()) << rewritten.error().message;
  ASSERT_TRUE(rewritten->has_value());
  ASSERT_TRUE((*rewritten)->table.has_value());
  EXPECT_EQ((*rewritten)->table->schema, schema);
  EXPECT_EQ((*rewritten)->table->name, name);
}

TEST(Rewrite, LeavesOtherStatementsAlone) {
  for (const std::string_view text : {"select 1", "explain select 1", "", "\"show\" tables"}) {
    SCOPED_TRACE(text);
    const auto rewritten = RewriteShow(text);
    ASSERT_TRUE(rewritten.ok());
    EXPECT_FALSE(rewritten->has_value());
  }
}

TEST(Rewrite, ShowTablesReadsTheInformationSchema) {
  for (const std::string_view text :
       {"show tables", "show tables;", " show /* all */ tables ; ;"}) {
    SCOPED_TRACE(text);
    const auto rewritten = RewriteShow(text);
    ASSERT_TRUE(rewritten.ok());
    ASSERT_TRUE(rewritten->has_value());
    EXPECT_THAT((*rewritten)->text, HasSubstr("FROM information_schema.tables"));
  }
}

TEST(Rewrite, FindsTheTableOfShowColumnsAndDescribe) {
  ExpectTable("show columns from cpu", "", "cpu");
  ExpectTable("show columns in iox.cpu", "iox", "cpu");
  ExpectTable("show columns from 'Room Temp'", "", "Room Temp");
  ExpectTable("describe \"a.b\"", "", "a.b");
  ExpectTable("describe table system.queries;", "system", "queries");
  ExpectTable("desc public.iox.cpu", "iox", "cpu");
}

TEST(Rewrite, QuotesNamesInText) {
  const auto rewritten = RewriteShow("describe \"it's\"");
  ASSERT_TRUE(rewritten.ok());
  EXPECT_THAT((*rewritten)->text, HasSubstr("table_name = 'it''s'"));
}

TEST(Rewrite, RefusesOtherFormsWithAReason) {
  for (const std::string_view text :
       {"show all", "show databases", "show tables from x", "show", "show columns cpu",
        "show columns from", "describe", "describe a b", "describe select 1", "describe a.b.c.d"}) {
    SCOPED_TRACE(text);
    const auto rewritten = RewriteShow(text);
    ASSERT_FALSE(rewritten.ok());
    EXPECT_EQ(rewritten.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(rewritten.error().message, HasSubstr("expected"));
  }
}

}  // namespace
}  // namespace tidemill::sql
