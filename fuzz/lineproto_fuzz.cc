// Line protocol from arbitrary bytes: the parser must agree with the reference parser on rows,
// values, and which lines are wrong and why.
//
// The first byte chooses the options, the rest is the body.
#include "columnar/row_block.h"
#include "fuzz_target.h"
#include "lineproto/reference_parser_for_test.h"

namespace {

using tidemill::Timestamp;
using tidemill::fuzz::Require;
using tidemill::lineproto::ParsedLines;
using tidemill::lineproto::ParsedTable;
using tidemill::lineproto::ParseOptions;
namespace reference = tidemill::lineproto::reference;

ParseOptions OptionsFrom(std::uint8_t choice) {
  constexpr tidemill::model::Precision kAll[] = {
      tidemill::model::Precision::kAuto, tidemill::model::Precision::kSecond,
      tidemill::model::Precision::kMillisecond, tidemill::model::Precision::kMicrosecond,
      tidemill::model::Precision::kNanosecond};
  return {.precision = kAll[choice % 5],
          .default_time = Timestamp(77),
          .string_bytes_max = choice >= 128 ? 8U : 1'048'576U};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ParseOptions options = OptionsFrom(data[0]);
  const std::string body(tidemill::fuzz::Text(data + 1, size - 1));
  const ParsedLines parsed = Parse(body, options);
  for (const ParsedTable& table : parsed.tables) {
    Require(IsConsistent(table.rows), "columns are consistent");
    Require(table.rows.rows() > 0, "a table has rows");
  }
  const reference::Parsed expected = reference::Parse(body, options);
  const std::string difference = reference::Difference(reference::FromColumns(parsed), expected);
  Require(difference.empty(), "the parsers agree: " + difference);
  Require(parsed.line_count == expected.rows.size() + expected.errors.size(),
          "every line is counted");
  for (const auto& error : parsed.errors) tidemill::lineproto::OriginalLine(body, error.offset);
  return 0;
}
