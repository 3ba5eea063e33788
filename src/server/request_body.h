// Request bodies and parameters, unpacked and checked, for every route.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"
#include "server/services.h"

namespace tidemill::server {

// The body, inflated if it says gzip. Errors: kInvalid "unacceptable content-encoding: X",
// kTooLarge "max request size (N bytes) exceeded" (the limit holds for the inflated bytes too).
Result<std::string> PlainBody(const Services& services, const http::Request& request);

// The body as a JSON object. Errors: kInvalid "serde json error: …"; 415 is MediaTypeError().
Result<nlohmann::json> JsonBody(const Services& services, const http::Request& request);

// The configure endpoints demand `application/json` (or +json); anything else is 415.
bool HasJsonMediaType(const http::Request& request);
http::Response MediaTypeError();

// Query parameters by name; the last one wins.
class Parameters {
 public:
  explicit Parameters(std::string_view query);
  std::optional<std::string> Get(std::string_view name) const;
  // "true" or "false"; `fallback` when absent. Error: kInvalid naming the parameter.
  Result<bool> GetBool(std::string_view name, bool fallback) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// A string member of a JSON object. Errors: kInvalid "serde json error: missing field `db`", or of
// the wrong type.
Result<std::string> JsonString(const nlohmann::json& object, const std::string& name);
// nullopt when it is absent or null.
Result<std::optional<std::string>> JsonOptionalString(const nlohmann::json& object,
                                                      const std::string& name);
// Empty when it is absent or null.
Result<nlohmann::json> JsonArray(const nlohmann::json& object, const std::string& name);
Result<bool> JsonBool(const nlohmann::json& object, const std::string& name, bool fallback);

}  // namespace tidemill::server
