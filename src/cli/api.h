// Requests to the HTTP API as commands make them, and what its errors say.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/client.h"

namespace tidemill::cli {

// "/path?db=a%20b&q=…".
std::string Target(std::string_view path, const http::Pairs& parameters);

// The body of a 2xx answer. Error: "server responded with error [409 Conflict]: …".
Result<std::string> Call(http::Client& client, std::string_view method, std::string_view target);
Result<std::string> CallJson(http::Client& client, std::string_view method, std::string_view target,
                             const nlohmann::ordered_json& body);

Error ApiError(const http::ClientResponse& response);

// JSON as bytes; text that is not UTF-8 (an argument may be anything) is marked, never thrown on.
std::string DumpJson(const nlohmann::ordered_json& json);

}  // namespace tidemill::cli
