#include "sql/identifiers.h"

#include <algorithm>

namespace tidemill::sql {
namespace {

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c) || c == '$'; }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> Run() {
    std::vector<Token> tokens;
    for (SkipBlanksAndComments(); at_ < text_.size(); SkipBlanksAndComments()) {
      const std::size_t begin = at_;
      const TokenKind kind = Take();
      tokens.push_back({kind, begin, at_});
    }
    return tokens;
  }

 private:
  char Peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void SkipBlanksAndComments() {
    while (at_ < text_.size()) {
      if (IsBlank(Peek())) {
        ++at_;
      } else if (Peek() == '-' && Peek(1) == '-') {
        while (at_ < text_.size() && Peek() != '\n') ++at_;
      } else if (Peek() == '/' && Peek(1) == '*') {
        SkipBlockComment();
      } else {
        return;
      }
    }
  }

  // Block comments nest.
  void SkipBlockComment() {
    int depth = 0;
    do {
      if (Peek() == '/' && Peek(1) == '*') {
        ++depth;
        at_ += 2;
      } else if (Peek() == '*' && Peek(1) == '/') {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0 && at_ < text_.size());
    if (at_ > text_.size()) at_ = text_.size();
  }

  TokenKind Take() {
    const char c = Peek();
    if (c == '\'') return TakeQuoted('\'', false), TokenKind::kString;
    if (c == '"') return TakeQuoted('"', false), TokenKind::kQuotedName;
    if ((c == 'e' || c == 'E') && Peek(1) == '\'') {
      ++at_;
      return TakeQuoted('\'', true), TokenKind::kString;
    }
    if (c == '$') return TakeDollar();
    if (IsNameStart(c)) {
      while (IsNamePart(Peek())) ++at_;
      return TokenKind::kWord;
    }
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return TakeNumber();
    ++at_;
    return TokenKind::kSymbol;
  }

  void TakeQuoted(char quote, bool backslash_escapes) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (backslash_escapes && Peek() == '\\') {
        ++at_;
      } else if (Peek() == quote) {
        if (Peek(1) != quote) break;
        ++at_;
      }
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  // $name is a parameter, $$text$$ and $tag$text$tag$ are strings.
  TokenKind TakeDollar() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && IsNamePart(text_[end]) && text_[end] != '$') ++end;
    if (end < text_.size() && text_[end] == '$' && !IsDigit(Peek(1))) {
      const std::string_view tag = text_.substr(at_, end + 1 - at_);
      const std::size_t close = text_.find(tag, end + 1);
      at_ = close == std::string_view::npos ? text_.size() : close + tag.size();
      return TokenKind::kString;
    }
    const bool is_parameter = end > at_ + 1;
    at_ = end;
    return is_parameter ? TokenKind::kParameter : TokenKind::kSymbol;
  }

  TokenKind TakeNumber() {
    while (IsDigit(Peek()) || Peek() == '.' || Peek() == '_') ++at_;
    if (Lower(Peek()) == 'e') {
      const std::size_t sign = Peek(1) == '+' || Peek(1) == '-' ? 1 : 0;
      if (IsDigit(Peek(1 + sign))) {
        at_ += 1 + sign;
        while (IsDigit(Peek())) ++at_;
      }
    }
    return TokenKind::kNumber;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Token> Tokenize(std::string_view text) { return Lexer(text).Run(); }

std::string FoldIdentifiers(std::string_view text) {
  std::string folded(text);
  for (const Token& token : Tokenize(text)) {
    if (token.kind != TokenKind::kWord) continue;
    for (std::size_t i = token.begin; i < token.end; ++i) folded[i] = Lower(folded[i]);
  }
  return folded;
}

std::string NameOf(const Token& token, std::string_view text) {
  const std::string_view whole = token.In(text);
  std::string name;
  if (token.kind == TokenKind::kWord) {
    for (const char c : whole) name += Lower(c);
    return name;
  }
  if (whole.size() < 2 || (whole.front() != '"' && whole.front() != '\'')) {
    return std::string(whole);
  }
  const char quote = whole.front();
  for (std::size_t i = 1; i + 1 < whole.size(); ++i) {
    if (whole[i] == quote && whole[i + 1] == quote && i + 2 < whole.size()) ++i;
    name += whole[i];
  }
  return name;
}

}  // namespace tidemill::sql
