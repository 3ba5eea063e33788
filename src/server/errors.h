// Errors to HTTP: the one table from ErrorCode to status, and the body shapes that clients parse.
//
// Shapes and statuses: server.md 1.3. Which shape a route answers with is the route's choice.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace tidemill::server {

int HttpStatus(ErrorCode code);

// The message alone, as text.
http::Response PlainError(const Error& error);
// {"error":"<message>"}
http::Response JsonError(const Error& error);

http::Response PlainResponse(int status, std::string text);
http::Response JsonResponse(int status, std::string json);
http::Response EmptyResponse(int status);

}  // namespace tidemill::server
