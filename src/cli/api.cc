#include "cli/api.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/status_macros.h"
#include "base/strings.h"

namespace tidemill::cli {
namespace {

// The server answers errors in several shapes: {"error":…}, {"message":…} or bare text.
std::string ErrorText(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (json.is_object()) {
    for (const char* member : {"error", "message"}) {
      const auto found = json.find(member);
      if (found != json.end() && found->is_string()) return found->get<std::string>();
    }
  }
  return std::string(Trim(body));
}

Result<std::string> BodyOf(Result<http::ClientResponse> response) {
  if (!response.ok()) return std::move(response).error();
  if (response->status / 100 != 2) return ApiError(*response);
  return std::move(response->body);
}

}  // namespace

std::string Target(std::string_view path, const http::Pairs& parameters) {
  std::string out(path);
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    out += separator + EncodePercent(name) + "=" + EncodePercent(value);
    separator = '&';
  }
  return out;
}

Result<std::string> Call(http::Client& client, std::string_view method, std::string_view target) {
  return BodyOf(client.Send(method, target, {}, ""));
}

Result<std::string> CallJson(http::Client& client, std::string_view method, std::string_view target,
                             const nlohmann::ordered_json& body) {
  return BodyOf(
      client.Send(method, target, {{"Content-Type", "application/json"}}, DumpJson(body)));
}

Error ApiError(const http::ClientResponse& response) {
  const std::string text = ErrorText(response.body);
  return {ErrorCode::kInvalid, fmt::format("server responded with error [{}{}{}]{}{}",
                                           response.status, response.reason.empty() ? "" : " ",
                                           response.reason, text.empty() ? "" : ": ", text)};
}

std::string DumpJson(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace tidemill::cli
