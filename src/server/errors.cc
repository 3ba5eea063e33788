#include "server/errors.h"

#include "base/strings.h"
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
// Messages quote what a client sent, which may be any bytes; answers say that they are UTF-8.
std::string AsUtf8(std::string text) {
  if (IsValidUtf8(text)) return text;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return text;
}

http::Response WithRetryAfter(http::Response response) {
  if (response.status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}
}  // namespace

http::Response PlainError(const Error& error) {
  return WithRetryAfter(PlainResponse(HttpStatus(error.code), AsUtf8(error.message)));
}

http::Response JsonError(const Error& error) {
  std::string body = "{\"error\":";
  AppendJsonString(AsUtf8(error.message), body);
  body += '}';
  return WithRetryAfter(JsonResponse(HttpStatus(error.code), std::move(body)));
}

}  // namespace tidemill::server
