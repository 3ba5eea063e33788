#include "http/message.h"

#include "base/strings.h"

namespace tidemill::http {

std::string_view Request::Header(std::string_view lower_case_name) const {
  for (auto it = headers.rbegin(); it != headers.rend(); ++it) {
    if (it->first == lower_case_name) return it->second;
  }
  return {};
}

Pairs ParseQuery(std::string_view query) {
  Pairs pairs;
  for (const std::string_view item : Split(query, '&')) {
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    const std::string_view key = item.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : item.substr(equals + 1);
    pairs.emplace_back(DecodePercent(key, true).value_or(std::string(key)),
                       DecodePercent(value, true).value_or(std::string(value)));
  }
  return pairs;
}

}  // namespace tidemill::http
