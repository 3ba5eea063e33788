// Writes: parameters to a WriteRequest, the outcome to status and body (server.md 1.4).
#include "base/status_macros.h"
#include "base/strings.h"
#include "server/errors.h"
#include "server/format/json_text.h"
#include "server/request_body.h"
#include "server/routes/routes.h"

namespace tidemill::server {
namespace {

Result<ingest::WriteRequest> ParseWrite(const Services& services, const http::Request& request) {
  const Parameters parameters(request.query);
  ingest::WriteRequest write;
  const auto database = parameters.Get("db");
  if (!database) return InvalidError("missing query parameter 'db'");
  write.database = *database;
  if (const auto text = parameters.Get("precision")) {
    const auto precision = model::ParsePrecision(*text);
    if (!precision) {
      return InvalidError(
          "serde error: unknown precision '" + *text +
          "', expected auto, second, millisecond, microsecond, nanosecond, s, ms, us, u, ns or n");
    }
    write.precision = *precision;
  }
  TRY_ASSIGN(write.accept_partial, parameters.GetBool("accept_partial", true));
  TRY_ASSIGN(write.no_sync, parameters.GetBool("no_sync", false));
  TRY_ASSIGN(write.body, PlainBody(services, request));
  return write;
}

void AppendRejected(const ingest::RejectedLine& line, std::string& out) {
  out += "{\"error_message\":";
  AppendJsonString(line.message, out);
  out += ",\"line_number\":" + std::to_string(line.line_number) + ",\"original_line\":";
  AppendJsonString(line.original_line, out);
  out += '}';
}

http::Response PartialWrite(const ingest::WriteOutcome& outcome) {
  std::string body = R"({"error":"partial write of line protocol occurred","data":[)";
  bool is_limit = false;
  for (std::size_t i = 0; i < outcome.rejected.size(); ++i) {
    if (i > 0) body += ',';
    AppendRejected(outcome.rejected[i], body);
    is_limit = is_limit || outcome.rejected[i].is_limit;
  }
  body += "]}";
  return JsonResponse(is_limit ? 422 : 400, std::move(body));
}

http::Response RefusedWrite(const ingest::RejectedLine& first) {
  std::string body = R"({"error":"line protocol parsing error","data":)";
  AppendRejected(first, body);
  body += '}';
  return JsonResponse(400, std::move(body));
}

// What is wrong with the whole request is plain text, as clients of the existing product see it;
// what is wrong with the database is JSON.
http::Response WriteError(const Error& error) {
  const bool plain = error.code == ErrorCode::kTooLarge ||
                     error.message.starts_with("incoming write was empty") ||
                     error.message.starts_with("missing query parameter") ||
                     error.message.starts_with("serde error") ||
                     error.message.starts_with("unacceptable content-encoding") ||
                     error.message.starts_with("error decoding gzip") ||
                     error.message.starts_with("body content is not valid utf8");
  return plain ? PlainError(error) : JsonError(error);
}

}  // namespace

Task<http::Response> WriteLp(Services& services, const http::Request& request) {
  Result<ingest::WriteRequest> write = ParseWrite(services, request);
  if (!write.ok()) co_return WriteError(write.error());
  const bool accept_partial = write->accept_partial;
  Result<ingest::WriteOutcome> outcome = co_await services.writes.Write(*write);
  if (!outcome.ok()) co_return WriteError(outcome.error());
  if (outcome->rejected.empty()) co_return EmptyResponse(204);
  if (!accept_partial) co_return RefusedWrite(outcome->rejected.front());
  co_return PartialWrite(*outcome);
}

}  // namespace tidemill::server
