#include "lineproto/lexer.h"

#include "lineproto/scan.h"

namespace tidemill::lineproto {
namespace {

const char* FindNameEnd(NameKind kind, const char* at, const char* end) {
  switch (kind) {
    case NameKind::kMeasurement: return FindAny<',', ' ', '\t', '\n', '\\', '\0'>(at, end);
    case NameKind::kKey: return FindAny<'=', ' ', '\t', '\n', '\\'>(at, end);
    case NameKind::kTagValue: return FindAny<',', ' ', '\t', '\n', '\\'>(at, end);
  }
  return end;
}

bool EndsName(NameKind kind, char byte) {
  return byte == '\t' || byte == '\n' || (byte == '\0' && kind == NameKind::kMeasurement);
}

bool NeedsEscape(NameKind kind, char byte) {
  return byte == ',' || byte == ' ' || byte == '\\' ||
         (byte == '=' && kind != NameKind::kMeasurement);
}

}  // namespace

Token LexName(NameKind kind, const char* at, const char* end) {
  Token token;
  const char* const begin = at;
  for (at = FindNameEnd(kind, at, end); at != end && *at == '\\'; at = FindNameEnd(kind, at, end)) {
    token.has_escape = true;
    if (at + 1 == end || EndsName(kind, at[1])) {
      token.ends_with_backslash = true;
      ++at;
      break;
    }
    at += 2;
  }
  token.raw = {begin, static_cast<std::size_t>(at - begin)};
  token.next = at;
  return token;
}

std::string Unescape(NameKind kind, std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 1 < raw.size() && NeedsEscape(kind, raw[i + 1])) ++i;
    out.push_back(raw[i]);
  }
  return out;
}

QuotedString LexString(const char* at, const char* end) {
  QuotedString text;
  const char* const begin = at;
  for (at = FindAny<'"', '\\', '\n'>(at, end); at != end; at = FindAny<'"', '\\', '\n'>(at, end)) {
    if (*at == '"') {
      text.raw = {begin, static_cast<std::size_t>(at - begin)};
      text.next = at + 1;
      return text;
    }
    if (*at == '\n') {
      ++text.newlines;
      ++at;
      continue;
    }
    if (++at == end) break;
    if (*at == '"' || *at == '\\') {
      ++text.escapes;
      ++at;
    }
  }
  return text;
}

void AppendUnescapedString(std::string_view raw, std::string& out) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 1 < raw.size() && (raw[i + 1] == '"' || raw[i + 1] == '\\')) ++i;
    out.push_back(raw[i]);
  }
}

const char* FindSeriesEnd(const char* at, const char* end) {
  for (at = FindAny<' ', '\t', '\n', '\\'>(at, end); at != end && *at == '\\';
       at = FindAny<' ', '\t', '\n', '\\'>(at, end)) {
    if (at + 1 == end) return end;
    at += 2;
  }
  return at;
}

const char* FindLineEnd(const char* at, const char* end) {
  at = FindSeriesEnd(at, end);
  while (at != end && *at != '\n') {
    if (*at == '\\') {
      at = end - at >= 2 ? at + 2 : end;
    } else if (*at == '=' && end - at > 1 && at[1] == '"') {
      const QuotedString text = LexString(at + 2, end);
      if (text.next == nullptr) return end;
      at = text.next;
    } else {
      at = FindAny<'\n', '\\', '='>(at + 1, end);
    }
  }
  return at;
}

}  // namespace tidemill::lineproto
