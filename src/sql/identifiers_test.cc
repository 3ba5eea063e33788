#include "sql/identifiers.h"

#include <gtest/gtest.h>

namespace tidemill::sql {
namespace {

void ExpectFolded(std::string_view text, std::string_view folded) {
  SCOPED_TRACE(text);
  EXPECT_EQ(FoldIdentifiers(text), folded);
}

TEST(Identifiers, LowersWhatStandsOutsideQuotesAndComments) {
  ExpectFolded("SELECT Time, Value FROM Cpu", "select time, value from cpu");
  ExpectFolded(R"(SELECT "Room Name" FROM "Cpu")", R"(select "Room Name" from "Cpu")");
  ExpectFolded("SELECT 'It''s A' AS X", "select 'It''s A' as x");
  ExpectFolded(R"(SELECT "a""B" FROM T)", R"(select "a""B" from t)");
  ExpectFolded("SELECT A -- Keep ME\nFROM B", "select a -- Keep ME\nfrom b");
  ExpectFolded("SELECT A /* Keep /* ME */ TOO */ FROM B",
               "select a /* Keep /* ME */ TOO */ from b");
  ExpectFolded("SELECT $Host, $$Raw Text$$, $T$a $ B$T$ FROM B",
               "select $Host, $$Raw Text$$, $T$a $ B$T$ from b");
  ExpectFolded(R"(SELECT E'A\'B' , B FROM C)", R"(select E'A\'B' , b from c)");
  ExpectFolded("SELECT 1E5, 0.5e-3, A1E5", "select 1E5, 0.5e-3, a1e5");
  ExpectFolded("SELECT ÄB", "select Äb");
}

TEST(Identifiers, KeepsTheLengthOfUnfinishedText) {
  for (const std::string_view text :
       {"", "'Ab", "\"Ab", "/* Ab", "-- Ab", "$$ Ab", "$", "E'\\", "a/", "/*/", "$T$ x $t$"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(FoldIdentifiers(text).size(), text.size());
  }
}

TEST(Identifiers, NamesComeWithoutTheirQuotes) {
  const std::string_view text = R"(Cpu "Room ""A""" 'it''s')";
  const auto tokens = Tokenize(text);
  ASSERT_EQ(tokens.size(), 3U);
  EXPECT_EQ(NameOf(tokens[0], text), "cpu");
  EXPECT_EQ(NameOf(tokens[1], text), "Room \"A\"");
  EXPECT_EQ(NameOf(tokens[2], text), "it's");
}

}  // namespace
}  // namespace tidemill::sql
