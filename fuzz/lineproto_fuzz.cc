// Line protocol from arbitrary bytes: the parser must agree with the reference parser on rows,
// values, and which lines are wrong and why.
//
// The first byte chooses the options, the rest is the body.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "columnar/row_block.h"
#include "lineproto/reference_parser_for_test.h"

namespace {

using tidemill::Timestamp;
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

[[noreturn]] void Stop(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ParseOptions options = OptionsFrom(data[0]);
  const std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const ParsedLines parsed = Parse(body, options);
  for (const ParsedTable& table : parsed.tables) {
    if (!IsConsistent(table.rows)) Stop("inconsistent columns");
    if (table.rows.rows() == 0) Stop("a table without rows");
  }
  const reference::Parsed expected = reference::Parse(body, options);
  const std::string difference = reference::Difference(reference::FromColumns(parsed), expected);
  if (!difference.empty()) Stop(difference);
  if (parsed.line_count != expected.rows.size() + expected.errors.size()) Stop("lines miscounted");
  for (const auto& error : parsed.errors) tidemill::lineproto::OriginalLine(body, error.offset);
  return 0;
}
