// Bodies of line protocol by seed: mostly right, with every rule of the syntax in them, and some
// damage. For tests of the parser and of what takes its rows.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "lineproto/parser.h"
#include "testing/seeded_random.h"

namespace tidemill::lineproto {

class BodyGenerator {
 public:
  explicit BodyGenerator(std::uint64_t seed) : random_(seed) {}

  std::string Body(std::size_t lines) {
    std::string body = OneIn(40) ? "\xef\xbb\xbf" : "";
    for (std::size_t i = 0; i < lines; ++i) {
      body += OneIn(30) ? Pick({"# a comment \"", " ", "\t", "#", "\r"}) : Line();
      if (i + 1 < lines || OneIn(2)) body += Pick({"\n", "\n", "\n", "\r\n", "\n\n", " \n"});
    }
    for (std::uint64_t i = OneIn(3) ? Below(4) : 0; i > 0; --i) Damage(body);
    return body;
  }
  ParseOptions Options() {
    constexpr model::Precision kAll[] = {
        model::Precision::kAuto, model::Precision::kSecond, model::Precision::kMillisecond,
        model::Precision::kMicrosecond, model::Precision::kNanosecond};
    return {.precision = kAll[Below(5)],
            .default_time = Timestamp(77),
            .string_bytes_max = OneIn(4) ? 12U : 1'048'576U};
  }

 private:
  std::uint64_t Below(std::uint64_t n) { return random_.Next() % n; }
  bool OneIn(std::uint64_t n) { return Below(n) == 0; }
  std::string Pick(std::initializer_list<std::string_view> texts) {
    return std::string(texts.begin()[Below(texts.size())]);
  }

  std::string Line() {
    std::string line = OneIn(20) ? " " : "";
    line +=
        Pick({"cpu", "cpu", "cpu", "mem", "disk\\ io", "a\\,b", "a\\=b", "m\xc3\xa9", "back\\x"});
    for (std::uint64_t i = Below(4); i > 0; --i) line += "," + Key() + "=" + TagValue();
    line += Pick({" ", " ", " ", "  ", "\t"}) + Key() + "=" + FieldValue();
    for (std::uint64_t i = Below(5); i > 0; --i) line += "," + Key() + "=" + FieldValue();
    if (!OneIn(4)) line += Pick({" ", " ", "  ", "\t"}) + Time();
    return line + (OneIn(10) ? " " : "");
  }
  std::string Key() {
    const std::string key = Pick({"host", "region", "usage_user", "usage_system_of_the_host", "v",
                                  "w", "x", "y", "z", "a\\ b", "a\\=b", "a\\\\b", "k,k",
                                  "\xe6\xb8\xa9", "sixteen_bytes_ab", "fifteen_bytes_a"});
    if (OneIn(50)) return Run("k") + Pick({"", "\\,", "\\\\", "\\=", "\\n"}) + Run("l");
    return OneIn(200) ? Pick({"time", "__chunk_order", "", "ends\\"}) : key;
  }
  std::string TagValue() {
    if (OneIn(30)) return Run("v") + Pick({"", "\\ ", "\\\\", "=", "\\n", "\""}) + Run("w");
    return OneIn(100) ? Pick({"", "ends\\"})
                      : Pick({"a", "b", "server01", "eu-west-1", "with\\ blank", "with\\,comma",
                              "a=b", "\"quoted\"", "\\\\", "a value much longer\\ than\\ sixteen"});
  }
  std::string FieldValue() {
    switch (Below(9)) {
      case 0: return Digits(19) + "i";
      case 1: return "-" + Digits(20) + "i";
      case 2: return Digits(21) + "u";
      case 3: return Digits(19);
      case 4: return (OneIn(2) ? "-" : "") + Digits(22) + "." + Digits(22);
      case 5: return Digits(3) + "." + Digits(3) + Pick({"e", "E", "e-", "e+"}) + Digits(3);
      case 6:
        return Pick({"t",
                     "T",
                     "true",
                     "True",
                     "TRUE",
                     "f",
                     "F",
                     "false",
                     "False",
                     "FALSE",
                     "NaN",
                     ".5",
                     "5.",
                     "+1",
                     "tRUE",
                     "1e",
                     "-",
                     "-1u",
                     "18446744073709551615u",
                     "18446744073709551616u",
                     "-9223372036854775808i",
                     "9223372036854775808i",
                     "-0",
                     "1e400",
                     "4.9e-324"});
      case 7:
        return "\"" + Run("s") + Pick({"", "\\\"", "\\\\", "\n", "\\n", "#"}) + Run("t") + "\"";
      default:
        return "\"" +
               Pick({"", "text", "two\nlines", "a \\\"quote\\\"", "back\\\\slash", "\\n stays",
                     "a,b=c d", "cpu v=1\ncpu v=2", "\r\n", "longer than sixteen bytes by far"}) +
               "\"";
    }
  }
  // Of any length around the blocks of a vectorised scan.
  std::string Run(std::string_view of) {
    std::string run;
    for (std::uint64_t i = 1 + Below(36); i > 0; --i) run += of;
    return run;
  }
  std::string Digits(std::uint64_t length_max) {
    std::string digits;
    for (std::uint64_t i = 1 + Below(length_max); i > 0; --i)
      digits += static_cast<char>('0' + Below(10));
    return digits;
  }
  std::string Time() {
    return Pick({"1", "-1", "1700000000", "1700000000000", "1700000000000000",
                 "1700000000000000000", "1700000000123456789", "9223372036854775806",
                 "9223372036854775807", "-9223372036854775806", "-9223372036854775808",
                 "9223372036854775808", "00000000000000000000000000000005", "5x", "0"});
  }
  void Damage(std::string& body) {
    if (body.empty()) return;
    constexpr std::string_view kBytes("\"\\\n\r\t ,=#0e.-iut\0x", 18);
    const std::size_t at = Below(body.size());
    switch (Below(4)) {
      case 3: body.insert(at, 1, static_cast<char>(Below(256))); break;
      case 0: body.erase(at, 1 + Below(3)); break;
      case 1: body.insert(at, 1, kBytes[Below(kBytes.size())]); break;
      default: body[at] = kBytes[Below(kBytes.size())];
    }
  }

  testing::SeededRandom random_;
};

}  // namespace tidemill::lineproto
