// The words of a statement before any parser has seen it: folds bare identifiers to lower case.
//
// A lexer of our own, because DuckDB's switch leaves keywords used as names ("Time", "Value") as
// they were written. Outside quotes and comments every ASCII letter is lower-cased and the length
// never changes, so places in error messages stay right. After this every name is exact. Names in
// single quotes (FROM 'm') need nothing here: the parser reads them as they stand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::sql {

enum class TokenKind : std::uint8_t {
  kWord,        // cpu, SELECT
  kQuotedName,  // "cpu"
  kString,      // 'cpu', E'a\'b', $$cpu$$
  kNumber,
  kParameter,  // $host
  kSymbol,     // one character of anything else
};

struct Token {
  TokenKind kind = TokenKind::kSymbol;
  std::size_t begin = 0;
  std::size_t end = 0;

  std::string_view In(std::string_view text) const { return text.substr(begin, end - begin); }
};

// Every token in order; blanks and comments are left out. Never fails: what does not end runs to
// the end of the text, and the parser says so.
std::vector<Token> Tokenize(std::string_view text);

// The text with its bare words in lower case.
std::string FoldIdentifiers(std::string_view text);

// What a name or string token stands for: quotes taken off, doubled quotes made single, bare words
// folded.
std::string NameOf(const Token& token, std::string_view text);

}  // namespace tidemill::sql
