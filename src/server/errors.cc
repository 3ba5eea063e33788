#include "server/errors.h"

#include "server/format/json_text.h"

namespace tidemill::server {

int HttpStatus(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid: return 400;
    case ErrorCode::kUnauthorized: return 401;
    case ErrorCode::kForbidden: return 403;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kUnsupported: return 405;
    case ErrorCode::kConflict: return 409;
    case ErrorCode::kTooLarge: return 413;
    case ErrorCode::kLimit: return 422;
    case ErrorCode::kCancelled: return 499;
    case ErrorCode::kCorrupt:
    case ErrorCode::kIo:
    case ErrorCode::kInternal:
    case ErrorCode::kOutcomeUnknown: return 500;
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kTimeout: return 504;
  }
  return 500;
}

http::Response PlainResponse(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(text);
  return response;
}

http::Response JsonResponse(int status, std::string json) {
  http::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = std::move(json);
  return response;
}

http::Response EmptyResponse(int status) {
  http::Response response;
  response.status = status;
  return response;
}

namespace {
http::Response WithRetryAfter(http::Response response) {
  if (response.status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}
}  // namespace

http::Response PlainError(const Error& error) {
  return WithRetryAfter(PlainResponse(HttpStatus(error.code), error.message));
}

http::Response JsonError(const Error& error) {
  std::string body = "{\"error\":";
  AppendJsonString(error.message, body);
  body += '}';
  return WithRetryAfter(JsonResponse(HttpStatus(error.code), std::move(body)));
}

}  // namespace tidemill::server
