#include "sql/allowed_functions.h"

#include <gtest/gtest.h>

#include <set>

#include "base/strings.h"
#include "duckdb.hpp"

namespace tidemill::sql {
namespace {

std::set<std::string> KnownToDuckDb(const std::string& condition) {
  duckdb::DuckDB database(nullptr);
  duckdb::Connection connection(database);
  const auto result =
      connection.Query("SELECT DISTINCT function_name FROM duckdb_functions() WHERE " + condition);
  EXPECT_FALSE(result->HasError()) << result->GetError();
  std::set<std::string> names;
  for (const auto& row : *result) names.insert(ToLowerAscii(row.GetValue<std::string>(0)));
  return names;
}

TEST(AllowedFunctions, SomebodyDecidedAboutEveryFunctionOfDuckDb) {
  const auto known = KnownToDuckDb("true");
  ASSERT_GT(known.size(), 700U);
  for (const std::string& name : known) {
    const bool is_decided =
        FindFunction(name) != nullptr || IsRefusedFunction(name) || IsAllowedTableFunction(name);
    EXPECT_TRUE(is_decided) << "function '" << name << "' is neither allowed nor refused";
  }
}

TEST(AllowedFunctions, MeanSomethingInsideDuckDb) {
  const auto known = KnownToDuckDb("function_type IN ('scalar', 'aggregate', 'macro')");
  const std::set<std::string> no_functions = {
      // window functions, the COALESCE operator, expressions with a syntax of their own
      "coalesce", "cume_dist",    "dense_rank", "fill",       "lag",        "lead",  "nth_value",
      "ntile",    "percent_rank", "rank",       "rank_dense", "row_number", "unnest"};
  for (const std::string& name : AllowedFunctionNames()) {
    const std::string inner(FindFunction(name)->inner);
    if (inner.empty() || inner.starts_with("tidemill_") || no_functions.contains(inner)) continue;
    EXPECT_TRUE(known.contains(inner)) << "'" << name << "' becomes '" << inner << "'";
  }
}

TEST(AllowedFunctions, TableFunctionsAreFew) {
  for (const std::string& name : KnownToDuckDb("function_type IN ('table', 'table_macro')")) {
    const bool is_generator = name == "range" || name == "generate_series" || name == "unnest";
    EXPECT_EQ(IsAllowedTableFunction(name), is_generator) << name;
  }
}

}  // namespace
}  // namespace tidemill::sql
