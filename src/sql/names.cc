#include "sql/names.h"

#include <cstddef>

#include "base/strings.h"

namespace tidemill::sql {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

// Which letters are capital, four to a digit. Names equal without case differ here.
std::string CasePattern(std::string_view name) {
  std::string pattern;
  for (std::size_t begin = 0; begin < name.size(); begin += 4) {
    std::size_t digit = 0;
    for (std::size_t i = begin; i < begin + 4 && i < name.size(); ++i) {
      digit = digit * 2 + (name[i] >= 'A' && name[i] <= 'Z' ? 1 : 0);
    }
    pattern += kDigits[digit];
  }
  return pattern;
}

}  // namespace

void Names::AddTable(const std::vector<std::string>& columns) {
  std::set<std::string> seen;
  for (const std::string& column : columns) {
    std::string lower = ToLowerAscii(column);
    if (!seen.insert(lower).second) colliding_.insert(std::move(lower));
  }
}

std::string Names::Inner(std::string_view name) const {
  if (IsPlain() || !colliding_.contains(ToLowerAscii(name))) return std::string(name);
  return std::string(name) + "#" + CasePattern(name);
}

std::string Names::Outer(std::string_view inner) const {
  const std::size_t mark = inner.rfind('#');
  if (IsPlain() || mark == std::string_view::npos) return std::string(inner);
  const std::string_view name = inner.substr(0, mark);
  return Inner(name) == inner ? std::string(name) : std::string(inner);
}

}  // namespace tidemill::sql
