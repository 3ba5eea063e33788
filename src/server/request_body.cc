#include "server/request_body.h"

#include "base/gzip.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "server/errors.h"

namespace tidemill::server {
namespace {

// Copying and visiting JSON recurses, and no body that means something is nested as deep as this.
constexpr int kJsonDepthMax = 64;

bool IsGzip(std::string_view encoding) { return encoding == "gzip" || encoding == "x-gzip"; }

}  // namespace

Result<std::string> PlainBody(const Services& services, const http::Request& request) {
  // Names of codings are case-insensitive, and x-gzip is gzip (RFC 9110, 8.4.1).
  const std::string encoding = ToLowerAscii(Trim(request.Header("content-encoding")));
  if (encoding.empty() || encoding == "identity") return request.body;
  if (!IsGzip(encoding)) {
    return InvalidError("unacceptable content-encoding: " + encoding +
                        ", expected gzip or identity");
  }
  auto plain = Gunzip(request.body, services.info.body_bytes_max);
  if (!plain.ok() && plain.error().code == ErrorCode::kTooLarge) {
    return Error{
        ErrorCode::kTooLarge,
        "max request size (" + std::to_string(services.info.body_bytes_max) + " bytes) exceeded"};
  }
  return plain;
}

Result<nlohmann::json> JsonBody(const Services& services, const http::Request& request) {
  TRY_ASSIGN(const std::string body, PlainBody(services, request));
  try {
    bool is_too_deep = false;
    const auto keeps = [&](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) {
      is_too_deep = is_too_deep || depth > kJsonDepthMax;
      return !is_too_deep;
    };
    auto json = nlohmann::json::parse(body, keeps);
    if (is_too_deep) {
      return InvalidError("serde json error: nested more than " + std::to_string(kJsonDepthMax) +
                          " levels deep");
    }
    if (!json.is_object()) return InvalidError("serde json error: expected a JSON object");
    return json;
  } catch (const nlohmann::json::exception& e) {
    // The library's text carries an id in brackets that helps nobody.
    const std::string_view what = e.what();
    const std::size_t bracket = what.find("] ");
    return InvalidError("serde json error: " + std::string(bracket == std::string_view::npos
                                                               ? what
                                                               : what.substr(bracket + 2)));
  }
}

bool HasJsonMediaType(const http::Request& request) {
  const std::string_view header = request.Header("content-type");
  const std::string type = ToLowerAscii(Trim(header.substr(0, header.find(';'))));
  return type == "application/json" ||
         (type.starts_with("application/") && type.ends_with("+json"));
}

http::Response MediaTypeError() {
  return PlainResponse(415, "unacceptable content-type, expected: application/json");
}

Parameters::Parameters(std::string_view query) {
  for (auto& [name, value] : http::ParseQuery(query))
    values_.insert_or_assign(std::move(name), std::move(value));
}

std::optional<std::string> Parameters::Get(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

Result<bool> Parameters::GetBool(std::string_view name, bool fallback) const {
  const auto value = Get(name);
  if (!value) return fallback;
  if (*value == "true") return true;
  if (*value == "false") return false;
  return InvalidError("serde error: query parameter '" + std::string(name) + "' is '" + *value +
                      "', expected true or false");
}

Result<std::string> JsonString(const nlohmann::json& object, const std::string& name) {
  TRY_ASSIGN(auto value, JsonOptionalString(object, name));
  if (!value) return InvalidError("serde json error: missing field `" + name + "`");
  return std::move(*value);
}

Result<std::optional<std::string>> JsonOptionalString(const nlohmann::json& object,
                                                      const std::string& name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return std::optional<std::string>();
  if (!found->is_string())
    return InvalidError("serde json error: field `" + name + "` is not a string");
  return std::optional<std::string>(found->get<std::string>());
}

Result<nlohmann::json> JsonArray(const nlohmann::json& object, const std::string& name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return nlohmann::json(nlohmann::json::array());
  if (!found->is_array()) {
    return InvalidError("serde json error: field `" + name + "` is not a list");
  }
  return *found;
}

Result<bool> JsonBool(const nlohmann::json& object, const std::string& name, bool fallback) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return fallback;
  if (!found->is_boolean())
    return InvalidError("serde json error: field `" + name + "` is not a boolean");
  return found->get<bool>();
}

}  // namespace tidemill::server
