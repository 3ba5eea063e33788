#include "lineproto/parser.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>

#include "lineproto/reference_parser_for_test.h"

namespace tidemill::lineproto {
namespace {

using model::DataType;
using model::Precision;

// Rows as text: "cpu host=a v:float=1.5 @5", tags and fields in order of their names.
std::string Show(const reference::Value& value) {
  switch (value.type) {
    case DataType::kInt64: return "int=" + std::to_string(static_cast<std::int64_t>(value.word));
    case DataType::kUInt64: return "uint=" + std::to_string(value.word);
    case DataType::kBool: return value.word == 1 ? "bool=true" : "bool=false";
    case DataType::kString: return "string=" + value.text;
    case DataType::kFloat64: break;
    case DataType::kTimestamp: return "a timestamp is no field";
  }
  std::string text = std::to_string(std::bit_cast<double>(value.word));
  text.resize(text.find_last_not_of('0') + 1);
  return "float=" + (text.ends_with('.') ? text + "0" : text);
}

std::string Show(const reference::Row& row) {
  std::string out = row.measurement;
  for (const auto& [name, value] : row.tags) out += " " + name + "=" + value;
  for (const auto& [name, value] : row.fields) out += " " + name + ":" + Show(value);
  return out + " @" + std::to_string(row.time);
}

ParseOptions Nanoseconds() {
  return {.precision = Precision::kNanosecond, .default_time = Timestamp(77)};
}

void ExpectRow(std::string_view line, std::string_view expected,
               const ParseOptions& options = Nanoseconds()) {
  SCOPED_TRACE(line);
  const reference::Parsed parsed = reference::FromColumns(Parse(line, options));
  ASSERT_TRUE(parsed.errors.empty()) << parsed.errors[0].message;
  ASSERT_EQ(parsed.rows.size(), 1U);
  EXPECT_EQ(Show(parsed.rows[0]), expected);
}

void ExpectError(std::string_view line, std::string_view message,
                 const ParseOptions& options = Nanoseconds()) {
  SCOPED_TRACE(line);
  const ParsedLines parsed = Parse(line, options);
  EXPECT_TRUE(parsed.tables.empty());
  ASSERT_EQ(parsed.errors.size(), 1U);
  EXPECT_EQ(parsed.errors[0].message, message);
}

TEST(Parser, ReadsMeasurementTagsFieldsAndTime) {
  ExpectRow("cpu,host=a,region=eu v=1.5,n=2i 5", "cpu host=a region=eu n:int=2 v:float=1.5 @5");
  ExpectRow("cpu v=1 5", "cpu v:float=1.0 @5");
  ExpectRow("cpu v=1", "cpu v:float=1.0 @77");
  ExpectRow("cpu   v=1   5   ", "cpu v:float=1.0 @5");
}

TEST(Parser, ReadsEveryType) {
  ExpectRow("m v=0 0", "m v:float=0.0 @0");
  ExpectRow("m v=-12.25 0", "m v:float=-12.25 @0");
  ExpectRow("m v=1e3 0", "m v:float=1000.0 @0");
  ExpectRow("m v=1.5E-1 0", "m v:float=0.15 @0");
  ExpectRow("m v=25e+1 0", "m v:float=250.0 @0");
  ExpectRow("m v=007i 0", "m v:int=7 @0");
  ExpectRow("m v=-9223372036854775808i 0", "m v:int=-9223372036854775808 @0");
  ExpectRow("m v=9223372036854775807i 0", "m v:int=9223372036854775807 @0");
  ExpectRow("m v=18446744073709551615u 0", "m v:uint=18446744073709551615 @0");
  ExpectRow("m v=000000000000000000000000001i 0", "m v:int=1 @0");
  for (const char* word : {"t", "T", "true", "True", "TRUE"})
    ExpectRow("m v=" + std::string(word) + " 0", "m v:bool=true @0");
  for (const char* word : {"f", "F", "false", "False", "FALSE"})
    ExpectRow("m v=" + std::string(word) + " 0", "m v:bool=false @0");
  ExpectRow("m v=\"\" 0", "m v:string= @0");
  ExpectRow("m v=\"a b,c=d\" 0", "m v:string=a b,c=d @0");
}

TEST(Parser, ReadsFloatsToTheNearestDouble) {
  const auto expect = [](std::string_view text, double value) {
    SCOPED_TRACE(text);
    const ParsedLines parsed = Parse("m v=" + std::string(text), Nanoseconds());
    ASSERT_EQ(parsed.tables.size(), 1U);
    EXPECT_EQ(std::bit_cast<double>(parsed.tables[0].rows.fields[0].words[0]), value);
  };
  expect("0.1", 0.1);
  expect("65.64", 65.64);
  expect("9007199254740993", 9007199254740992.0);
  expect("9007199254740993.0000000000000000000001", 9007199254740994.0);
  expect("123456789012345678901234567890", 123456789012345678901234567890.0);
  expect("0.000000000000000000000000000000000000000001", 1e-42);
  expect("1.7976931348623157e308", 1.7976931348623157e308);
  expect("4.9e-324", 4.9e-324);
  expect("1e-400", 0.0);
  expect("0.3000000000000000000000000000000000000000000001", 0.3);
}

TEST(Parser, MinusZeroStaysMinusZero) {
  const ParsedLines parsed = Parse("m v=-0", Nanoseconds());
  EXPECT_EQ(parsed.tables.at(0).rows.fields[0].words[0], std::bit_cast<std::uint64_t>(-0.0));
}

TEST(Parser, BackslashShieldsWhatNeedsItAndIsKeptElsewhere) {
  ExpectRow(R"(disk\ io\,x\\y\z\=w v=1 0)", R"(disk io,x\y\z\=w v:float=1.0 @0)");
  ExpectRow(R"(m,a\ b\=c\,d\\e\f=1 v=1 0)", R"(m a b=c,d\e\f=1 v:float=1.0 @0)");
  ExpectRow(R"(m,t=a\ b\=c\,d\\e\f v=1 0)", R"(m t=a b=c,d\e\f v:float=1.0 @0)");
  ExpectRow(R"(m a\ b\=c\,d\\e\f=1 0)", R"(m a b=c,d\e\f:float=1.0 @0)");
  ExpectRow(R"(m v="a \"b\" \\ \n \," 0)", R"(m v:string=a "b" \ \n \, @0)");
  ExpectRow(R"(m v="ends\\" 0)", R"(m v:string=ends\ @0)");
}

TEST(Parser, EscapedAndPlainSpellingAreOneName) {
  const ParsedLines parsed =
      Parse("m,a\\b=1 v=1 1\nm,a\\b=1 v=1 2\nm,a\\\\b=2 v=1 3\n", Nanoseconds());
  ASSERT_EQ(parsed.tables.size(), 1U);
  EXPECT_EQ(parsed.tables[0].tag_names, std::vector<std::string>{"a\\b"});
}

TEST(Parser, TakesOddButLegalNames) {
  ExpectRow("m,t=a=b v=1 0", "m t=a=b v:float=1.0 @0");
  ExpectRow("m,a,b=c v=1 0", "m a,b=c v:float=1.0 @0");
  ExpectRow("\"m\",\"t\"=\"x\" \"v\"=1 0", "\"m\" \"t\"=\"x\" \"v\":float=1.0 @0");
  ExpectRow("time v=1 0", "time v:float=1.0 @0");
  ExpectRow("m\xc3\xa9t\xc3\xa9o,\xe5\x9c\xb0=\xf0\x9f\x8c\x8a v=1 0",
            "m\xc3\xa9t\xc3\xa9o \xe5\x9c\xb0=\xf0\x9f\x8c\x8a v:float=1.0 @0");
}

TEST(Parser, SkipsBlanksCommentsAndAByteOrderMark) {
  const std::string body =
      "\xef\xbb\xbf# \"quotes\" in a comment\n\n  \t m v=1 1\r\n#\n\r\n \t\nm v=2 2";
  const reference::Parsed parsed = reference::FromColumns(Parse(body, Nanoseconds()));
  ASSERT_EQ(parsed.rows.size(), 2U);
  EXPECT_TRUE(parsed.errors.empty());
  EXPECT_EQ(parsed.rows[0].line_number, 3U);
  EXPECT_EQ(parsed.rows[1].line_number, 7U);
  EXPECT_EQ(Parse(body, Nanoseconds()).line_count, 2U);
}

TEST(Parser, NothingIsNoLines) {
  for (const char* body : {"", "\n", " \t\r\n", "# comment", "#\n#", "\xef\xbb\xbf"}) {
    SCOPED_TRACE(body);
    const ParsedLines parsed = Parse(body, Nanoseconds());
    EXPECT_EQ(parsed.line_count, 0U);
    EXPECT_TRUE(parsed.tables.empty());
    EXPECT_TRUE(parsed.errors.empty());
  }
}

TEST(Parser, TakesWindowsLineEndsAndTabs) {
  ExpectRow("m v=1 5\r\n", "m v:float=1.0 @5");
  ExpectRow("m v=1\r\n", "m v:float=1.0 @77");
  ExpectRow("m v=1 5\r", "m v:float=1.0 @5");
  ExpectRow("m v=\"a\r\nb\"\r\n", "m v:string=a\r\nb @77");
  ExpectRow("m,t=a\tv=1\t5\t", "m t=a v:float=1.0 @5");
  ExpectError("m v=1\r5\n", "Could not parse entire line. Found trailing content: '\r5'");
}

TEST(Parser, NewlineInAStringBelongsToTheString) {
  const reference::Parsed parsed =
      reference::FromColumns(Parse("m v=\"one\ntwo\n\",w=1 1\nbad\nm v=\"x\" 2\n", Nanoseconds()));
  ASSERT_EQ(parsed.rows.size(), 2U);
  EXPECT_EQ(Show(parsed.rows[0]), "m v:string=one\ntwo\n w:float=1.0 @1");
  EXPECT_EQ(parsed.rows[1].line_number, 5U);
  ASSERT_EQ(parsed.errors.size(), 1U);
  EXPECT_EQ(parsed.errors[0].line_number, 4U);
}

TEST(Parser, TextInsideAStringOfABadLineIsNeverALine) {
  for (const char* body : {"m v=\"a\nevil v=1 1\n\",x= 1\n", "m x=,v=\"a\nevil v=1 1\n\" 1\n",
                           "m v=\"a\nevil v=1 1\n\" 1x\n", "m v=\"a\nevil v=1 1\n"}) {
    SCOPED_TRACE(body);
    const ParsedLines parsed = Parse(std::string(body), Nanoseconds());
    EXPECT_TRUE(parsed.tables.empty());
    EXPECT_EQ(parsed.errors.size(), 1U);
  }
}

TEST(Parser, GoesOnBehindABadLine) {
  const reference::Parsed parsed =
      reference::FromColumns(Parse("m v=\"open\nm v=\"x\" 1\nm v=3 2\n", Nanoseconds()));
  ASSERT_EQ(parsed.errors.size(), 1U);
  ASSERT_EQ(parsed.rows.size(), 1U);
  EXPECT_EQ(parsed.rows[0].line_number, 3U);
}

TEST(Parser, SaysWhatIsWrong) {
  ExpectError(",t=a v=1", "The name of a measurement is empty");
  ExpectError("m", "No fields were provided");
  ExpectError("m,t=a", "No fields were provided");
  ExpectError("m ", "No fields were provided");
  ExpectError("m, v=1", "The name of a tag is empty");
  ExpectError("m,t v=1", "The tag 't' has no value: expected '=' behind it");
  ExpectError("m,t= v=1", "The tag 't' has an empty value: leave the tag out instead");
  ExpectError("m,t=,u=a v=1", "The tag 't' has an empty value: leave the tag out instead");
  ExpectError("m,t=a, v=1", "The name of a tag is empty");
  ExpectError("m v", "The field 'v' has no value: expected '=' behind it");
  ExpectError("m =1", "The name of a field is empty");
  ExpectError("m v=1,", "The name of a field is empty");
  ExpectError("m a\\", "Name 'a\\' may not end with a backslash");
  ExpectError("m,t=a\\", "Name 'a\\' may not end with a backslash");
  ExpectError("m\\\n v=1", "Name 'm\\' may not end with a backslash");
  ExpectError(std::string("m\0n v=1", 7), "Could not parse entire line. Found trailing content: '" +
                                              std::string("\0n v=1'", 7));
}

TEST(Parser, SaysWhatIsWrongWithAValue) {
  const auto expect_no_value = [](const std::string& text, const std::string& shown) {
    ExpectError("m v=" + text, "Field 'v' has no valid value at '" + shown +
                                   "': expected a number, true, false or a double-quoted string");
  };
  expect_no_value("", "");
  expect_no_value(" 2", " 2");
  expect_no_value("+1", "+1");
  expect_no_value(".5", ".5");
  expect_no_value("NaN", "NaN");
  expect_no_value("inf", "inf");
  expect_no_value("-", "-");
  expect_no_value("-.5", "-.5");
  expect_no_value("'single quotes'", "'single qu");
  const auto expect_trailing = [](const std::string& text, const std::string& shown) {
    ExpectError("m v=" + text,
                "Could not parse entire line. Found trailing content: '" + shown + "'");
  };
  expect_trailing("5.", ".");
  expect_trailing("1x", "x");
  expect_trailing("1i2", "2");
  expect_trailing("-1u", "u");
  expect_trailing("1e", "e");
  expect_trailing("tRUE", "RUE");
  expect_trailing("\"a\"b", "b");
  expect_trailing("1 2 3", "3");
  expect_trailing("1 2x", "x");
  expect_trailing("1 now", "now");
  expect_trailing("1 0123456789012345678x901234567890", "x901234567");
  ExpectError("m v=\"abc", "String value of field 'v' has no closing double quote");
  ExpectError("m v=9223372036854775808i", "Unable to parse integer value '9223372036854775808i'");
  ExpectError("m v=18446744073709551616u",
              "Unable to parse unsigned integer value '18446744073709551616u'");
  ExpectError("m v=1e400", "Unable to parse floating-point value '1e400'");
}

TEST(Parser, RefusesReservedAndRepeatedNames) {
  ExpectError("m,time=a v=1", "'time' is a reserved column");
  ExpectError("m time=1", "'time' is a reserved column");
  ExpectError("m __chunk_order=1", "'__chunk_order' is a reserved column");
  ExpectError("m f=1,f=2", "invalid line protocol - multiple instances of 'f' field found");
  ExpectError("m f=1,g=1,f=2i", "invalid line protocol - multiple instances of 'f' field found");
  ExpectError("m,t=a,t=a v=1", "invalid line protocol - multiple instances of 't' tag found");
  ExpectError("m,a\\ b=1,a\\ b=1 v=1",
              "invalid line protocol - multiple instances of 'a b' tag found");
}

TEST(Parser, ANameMayBeATagInOneLineAndAFieldInAnother) {
  const ParsedLines parsed = Parse("m,a=x v=1 1\nm a=2 2\nm,a=x a=3 3\n", Nanoseconds());
  ASSERT_EQ(parsed.tables.size(), 1U);
  EXPECT_TRUE(parsed.errors.empty());
  EXPECT_EQ(parsed.tables[0].tag_names, std::vector<std::string>{"a"});
  EXPECT_EQ(parsed.tables[0].field_names, (std::vector<std::string>{"v", "a"}));
}

TEST(Parser, AFieldWithTwoTypesIsTwoColumns) {
  const ParsedLines parsed = Parse("m v=1 1\nm v=2i 2\nm v=3 3\n", Nanoseconds());
  ASSERT_EQ(parsed.tables.size(), 1U);
  EXPECT_EQ(parsed.tables[0].field_names, (std::vector<std::string>{"v", "v"}));
  EXPECT_EQ(parsed.tables[0].rows.fields[0].type, DataType::kFloat64);
  EXPECT_EQ(parsed.tables[0].rows.fields[0].valid, (std::vector<std::uint8_t>{1, 0, 1}));
  EXPECT_EQ(parsed.tables[0].rows.fields[1].type, DataType::kInt64);
  EXPECT_EQ(parsed.tables[0].rows.fields[1].valid, (std::vector<std::uint8_t>{0, 1, 0}));
}

TEST(Parser, ABadLineLeavesNoTrace) {
  const ParsedLines parsed = Parse(
      "new,tag=x f=1,g=\"open\nm,old=a v=1 1\nm,fresh=b w=1,v= 2\nm,old=z v=2 9x\nm,old=a v=3 3\n",
      Nanoseconds());
  ASSERT_EQ(parsed.tables.size(), 0U) << "the open string takes the rest";
  const ParsedLines closed = Parse(
      "new,tag=x f=1,g=oops\nm,old=a v=1 1\nm,fresh=b w=1,v= 2\nm,old=z v=2 9x\nm,old=a v=3 3\n",
      Nanoseconds());
  ASSERT_EQ(closed.tables.size(), 1U);
  const ParsedTable& table = closed.tables[0];
  EXPECT_EQ(table.name, "m");
  EXPECT_EQ(table.tag_names, std::vector<std::string>{"old"});
  EXPECT_EQ(table.field_names, std::vector<std::string>{"v"});
  EXPECT_EQ(table.rows.tags[0].values.size(), 1U);
  EXPECT_EQ(table.rows.series_count, 1U);
  EXPECT_EQ(table.rows.times, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(table.line_numbers, (std::vector<std::uint32_t>{2, 5}));
  EXPECT_EQ(closed.errors.size(), 3U);
}

TEST(Parser, LaterColumnsAreAbsentInEarlierRows) {
  const ParsedLines parsed =
      Parse("m,a=1 v=1 1\nm,b=2 w=\"x\" 2\nm,c=3,a=1 v=3 3\n", Nanoseconds());
  const ParsedTable& table = parsed.tables.at(0);
  ASSERT_TRUE(columnar::IsConsistent(table.rows));
  EXPECT_EQ(table.tag_names, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(table.rows.series_codes, (std::vector<std::uint32_t>{1, 0, 0, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(table.rows.fields[0].valid, (std::vector<std::uint8_t>{1, 0, 1}));
  EXPECT_EQ(table.rows.fields[1].valid, (std::vector<std::uint8_t>{0, 1, 0}));
}

TEST(Parser, TablesAndRowsKeepTheOrderOfTheirLines) {
  const ParsedLines parsed = Parse("b v=1 4\na v=1 3\nb v=1 2\na v=1 1\n", Nanoseconds());
  ASSERT_EQ(parsed.tables.size(), 2U);
  EXPECT_EQ(parsed.tables[0].name, "b");
  EXPECT_EQ(parsed.tables[0].rows.times, (std::vector<std::int64_t>{4, 2}));
  EXPECT_EQ(parsed.tables[1].line_numbers, (std::vector<std::uint32_t>{2, 4}));
}

TEST(Parser, MultipliesTimesByTheirUnit) {
  const auto expect = [](Precision precision, std::string_view time, std::string_view nanos) {
    ExpectRow("m v=1 " + std::string(time), "m v:float=1.0 @" + std::string(nanos),
              {.precision = precision, .default_time = Timestamp(0)});
  };
  expect(Precision::kSecond, "-3", "-3000000000");
  expect(Precision::kMillisecond, "3", "3000000");
  expect(Precision::kMicrosecond, "3", "3000");
  expect(Precision::kNanosecond, "3", "3");
  expect(Precision::kAuto, "4999999999", "4999999999000000000");
  expect(Precision::kAuto, "5000000000", "5000000000000000");
  expect(Precision::kAuto, "5000000000000", "5000000000000000");
  expect(Precision::kAuto, "5000000000000000", "5000000000000000");
}

TEST(Parser, TimesAtTheEndsAreKeptExactlyOrRefused) {
  ExpectRow("m v=1 9223372036854775806", "m v:float=1.0 @9223372036854775806");
  ExpectRow("m v=1 -9223372036854775806", "m v:float=1.0 @-9223372036854775806");
  const auto expect_refused = [](Precision precision, std::string_view time,
                                 std::string_view shown) {
    ExpectError(
        "m v=1 " + std::string(time),
        "timestamp, " + std::string(time) + ", out of range for precision: " + std::string(shown),
        {.precision = precision, .default_time = Timestamp(0)});
  };
  expect_refused(Precision::kNanosecond, "9223372036854775807", "Nanosecond");
  expect_refused(Precision::kNanosecond, "-9223372036854775807", "Nanosecond");
  expect_refused(Precision::kNanosecond, "-9223372036854775808", "Nanosecond");
  expect_refused(Precision::kMicrosecond, "9223372036854776", "Microsecond");
  expect_refused(Precision::kMillisecond, "9223372036855", "Millisecond");
  expect_refused(Precision::kSecond, "9223372037", "Second");
  expect_refused(Precision::kSecond, "-9223372037", "Second");
  expect_refused(Precision::kAuto, "9223372036854775807", "Auto");
  ExpectError("m v=1 9223372036854775808",
              "Unable to parse timestamp value '9223372036854775808': expected a 64-bit integer");
}

TEST(Parser, RefusesStringsAboveTheLimit) {
  ParseOptions options = Nanoseconds();
  options.string_bytes_max = 4;
  ExpectRow("four,four=four four=\"four\" 0", "four four=four four:string=four @0", options);
  ExpectRow("m v=\"\\\"\\\"\\\"\\\"\" 0", "m v:string=\"\"\"\" @0", options);
  for (const char* line :
       {"fives v=1", "m,fives=1 v=1", "m,t=fives v=1", "m fives=1", "m v=\"fives\""})
    ExpectError(line, "String is greater than 4 bytes", options);
  const std::string long_text(1'048'577, 'x');
  ExpectError("m v=\"" + long_text + "\"", "String is greater than 1MB");
}

TEST(Parser, RefusesLinesThatWouldMakeTooManyCells) {
  ParseOptions options = Nanoseconds();
  options.cells_max = 20;
  std::string body;
  for (int i = 0; i < 10; ++i) body += "m f" + std::to_string(i) + "=1 1\n";
  const ParsedLines parsed = Parse(body, options);
  ASSERT_EQ(parsed.tables.size(), 1U);
  EXPECT_EQ(parsed.tables[0].rows.rows(), 4U);  // 4 rows of 4 columns; 5 of 5 would be 25
  ASSERT_EQ(parsed.errors.size(), 6U);
  EXPECT_NE(parsed.errors[0].message.find("exceed 20"), std::string::npos);
}

TEST(Parser, CountsErrorsBeyondThoseItKeeps) {
  ParseOptions options = Nanoseconds();
  options.errors_kept_max = 2;
  const ParsedLines parsed = Parse("x\nx\nx\nm v=1\nx\n", options);
  EXPECT_EQ(parsed.errors.size(), 2U);
  EXPECT_EQ(parsed.error_count, 4U);
  EXPECT_EQ(parsed.line_count, 5U);
  EXPECT_EQ(parsed.tables.size(), 1U);
}

TEST(Parser, ShowsTheOriginalLine) {
  const auto expect = [](const std::string& body, std::uint32_t offset, const std::string& line) {
    EXPECT_EQ(OriginalLine(body, offset), line);
  };
  expect("cpu v=1\nmem v=2\r\n", 0, "cpu v=1");
  expect("cpu v=1\nmem v=2\r\n", 8, "mem v=2");
  expect("cpu v=\"a\nb\" 1\nx", 0, "cpu v=\"a\nb\" 1");
  const std::string wide = "m v=\"" + std::string(248, 'x') + "\xf0\x9f\x8c\x8a\xf0\x9f\x8c\x8a\"";
  expect(wide, 0, wide.substr(0, 253));
}

}  // namespace
}  // namespace tidemill::lineproto
