#include "lineproto/parser.h"

#include "base/strings.h"
#include "lineproto/lexer.h"
#include "lineproto/line_parser.h"

namespace tidemill::lineproto {

ParsedLines Parse(std::string_view body, const ParseOptions& options) {
  return LineParser(body, options).Run();
}

std::string_view OriginalLine(std::string_view body, std::uint32_t offset) {
  // A little more than is shown, so that a character at the edge is not cut in two.
  const std::string_view rest = body.substr(offset, kOriginalLineBytesMax + 4);
  const char* const end = FindLineEnd(rest.data(), rest.data() + rest.size());
  std::string_view line = rest.substr(0, static_cast<std::size_t>(end - rest.data()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return CutUtf8(line, kOriginalLineBytesMax);
}

}  // namespace tidemill::lineproto
