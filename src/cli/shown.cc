#include "cli/shown.h"

#include "base/strings.h"

namespace tidemill::cli {
namespace {

constexpr std::size_t kShownBytesMax = 120;

}  // namespace

std::string Shown(std::string_view text) {
  const std::string_view kept = CutUtf8(text, kShownBytesMax);
  const unsigned char shown_max = IsValidUtf8(kept) ? 0xff : 0x7e;
  std::string out(kept);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || byte > shown_max) c = '?';
  }
  return kept.size() < text.size() ? out + "..." : out;
}

std::string JoinWithOr(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

}  // namespace tidemill::cli
