// The parser against the reference parser, over generated bodies.
//
// LINEPROTO_SEED and LINEPROTO_LINES (environment) run other bodies, or more of them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "lineproto/body_generator_for_test.h"
#include "lineproto/reference_parser_for_test.h"

namespace tidemill::lineproto {
namespace {

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(ParserAgainstReference, AgreesOnRowsAndErrors) {
  const std::uint64_t seed = FromEnvironment("LINEPROTO_SEED", 1);
  const std::uint64_t lines_wanted = FromEnvironment("LINEPROTO_LINES", 1'000'000);
  std::size_t lines = 0;
  std::size_t rows = 0;
  std::size_t errors = 0;
  for (std::uint64_t i = 0; lines < lines_wanted; ++i) {
    BodyGenerator generator(seed * 1'000'003 + i);
    const std::string body = generator.Body(1 + i % 25);
    const ParseOptions options = generator.Options();
    const ParsedLines parsed = Parse(body, options);
    for (const ParsedTable& table : parsed.tables) {
      ASSERT_TRUE(columnar::IsConsistent(table.rows)) << body;
      ASSERT_GT(table.rows.rows(), 0U) << body;
    }
    const reference::Parsed expected = reference::Parse(body, options);
    ASSERT_EQ(reference::Difference(reference::FromColumns(parsed), expected), "")
        << "LINEPROTO_SEED=" << seed << " body " << i << ":\n"
        << body;
    ASSERT_EQ(parsed.line_count, expected.rows.size() + expected.errors.size());
    ASSERT_EQ(parsed.error_count, expected.errors.size());
    lines += parsed.line_count;
    rows += expected.rows.size();
    errors += expected.errors.size();
  }
  // The generator must reach both sides.
  EXPECT_GT(rows, lines / 4);
  EXPECT_GT(errors, lines / 20);
}

}  // namespace
}  // namespace tidemill::lineproto
