// Queries: parameters to a QueryRequest, the running query to a streamed answer (server.md 1.6).
#include <nlohmann/json.hpp>

#include "base/status_macros.h"
#include "server/errors.h"
#include "server/format/format.h"
#include "server/request_body.h"
#include "server/routes/routes.h"

namespace tidemill::server {
namespace {

// One piece of an answer; a small result goes out whole with the first.
constexpr std::size_t kPieceBytes = 64 << 10;

struct ParsedQuery {
  query::QueryRequest request;
  Format format = Format::kJson;
};

Result<sql::Parameter> ParseParameter(const std::string& name, const nlohmann::json& value) {
  switch (value.type()) {
    case nlohmann::json::value_t::null: return sql::Parameter(std::monostate());
    case nlohmann::json::value_t::boolean: return sql::Parameter(value.get<bool>());
    case nlohmann::json::value_t::number_integer: return sql::Parameter(value.get<std::int64_t>());
    case nlohmann::json::value_t::number_unsigned:
      if (value.get<std::uint64_t>() <= INT64_MAX) return sql::Parameter(value.get<std::int64_t>());
      return sql::Parameter(value.get<std::uint64_t>());
    case nlohmann::json::value_t::number_float: return sql::Parameter(value.get<double>());
    case nlohmann::json::value_t::string: return sql::Parameter(value.get<std::string>());
    default:
      return InvalidError("parameter '" + name +
                          "': expected null, a boolean, a number or a string");
  }
}

Status AddParameters(const nlohmann::json& object, sql::Statement& statement) {
  if (!object.is_object())
    return InvalidError("params: expected a JSON object of names and values");
  for (const auto& [name, value] : object.items()) {
    TRY_ASSIGN(auto parameter, ParseParameter(name, value));
    statement.parameters.emplace_back(name, std::move(parameter));
  }
  return Ok();
}

Result<Format> ChooseFormat(const http::Request& request, const std::optional<std::string>& name) {
  if (!name) return FormatFromAccept(request.Header("accept"));
  const auto format = ParseFormat(*name);
  if (!format)
    return InvalidError("unknown format '" + *name +
                        "', expected json, jsonl, csv, pretty or parquet");
  return *format;
}

Result<ParsedQuery> ParseFromUrl(const http::Request& request) {
  const Parameters parameters(request.query);
  ParsedQuery parsed;
  const auto database = parameters.Get("db");
  const auto text = parameters.Get("q");
  if (!database) return InvalidError("missing query parameter 'db'");
  if (!text) return InvalidError("missing query parameter 'q'");
  parsed.request.database = *database;
  parsed.request.statement.text = *text;
  if (const auto given = parameters.Get("params")) {
    const auto json = nlohmann::json::parse(*given, nullptr, false);
    if (json.is_discarded()) return InvalidError("params: not valid JSON");
    TRY(AddParameters(json, parsed.request.statement));
  }
  TRY_ASSIGN(parsed.format, ChooseFormat(request, parameters.Get("format")));
  return parsed;
}

Result<ParsedQuery> ParseFromBody(const Services& services, const http::Request& request) {
  TRY_ASSIGN(const nlohmann::json body, JsonBody(services, request));
  ParsedQuery parsed;
  TRY_ASSIGN(parsed.request.database, JsonString(body, "db"));
  TRY_ASSIGN(parsed.request.statement.text, JsonString(body, "q"));
  if (const auto given = body.find("params"); given != body.end() && !given->is_null()) {
    TRY(AddParameters(*given, parsed.request.statement));
  }
  TRY_ASSIGN(const auto format, JsonOptionalString(body, "format"));
  TRY_ASSIGN(parsed.format, ChooseFormat(request, format));
  return parsed;
}

// Appends text until there is a piece's worth or the result ends; true: it has ended.
Result<bool> FillPiece(query::RunningQuery& running, Formatter& formatter, std::string& piece) {
  while (piece.size() < kPieceBytes) {
    TRY_ASSIGN(const auto batch, running.Next());
    if (!batch) {
      formatter.End(piece);
      return true;
    }
    TRY(formatter.Append(*batch, piece));
  }
  return false;
}

struct QueryAnswer {
  std::unique_ptr<query::RunningQuery> running;
  std::unique_ptr<Formatter> formatter;
  std::string piece;
  bool is_last = false;
};

// The rest of an answer that did not fit into its first piece. Each piece is made on the query pool
// when the connection asks for it; dropping the stream cancels the query.
class QueryStream final : public http::BodyStream {
 public:
  QueryStream(query::QueryService& queries, QueryAnswer answer)
      : queries_(queries), answer_(std::make_shared<QueryAnswer>(std::move(answer))) {}
  ~QueryStream() override { answer_->running->Cancel(); }

  Task<Result<std::optional<std::string>>> Next() override {
    using Piece = Result<std::optional<std::string>>;
    if (!answer_->piece.empty()) co_return Piece(std::exchange(answer_->piece, {}));
    if (answer_->is_last) co_return Piece(std::nullopt);
    Completion<Piece> made;
    const bool taken = queries_.Submit([answer = answer_, made] {
      std::string piece;
      Result<bool> last = FillPiece(*answer->running, *answer->formatter, piece);
      if (last.ok()) answer->is_last = *last;
      made.Complete(last.ok() ? Piece(std::move(piece)) : Piece(std::move(last).error()));
    });
    if (!taken) co_return Piece(UnavailableError("the query queue is full"));
    co_return co_await made;
  }

 private:
  query::QueryService& queries_;
  const std::shared_ptr<QueryAnswer>
      answer_;  // shared with a job that outlives an impatient client
};

// On the query pool: runs as far as the first piece, so that errors still find their status.
Result<QueryAnswer> Begin(Services& services, const ParsedQuery& query) {
  QueryAnswer answer;
  TRY_ASSIGN(answer.running, services.queries.Start(query.request));
  if (query.format == Format::kParquet) {
    TRY_ASSIGN(answer.piece, services.queries.ParquetBytes(*answer.running));
    answer.is_last = true;
    return answer;
  }
  answer.formatter = MakeFormatter(query.format);
  answer.formatter->Begin(answer.running->columns(), answer.piece);
  TRY_ASSIGN(answer.is_last, FillPiece(*answer.running, *answer.formatter, answer.piece));
  return answer;
}

// An unknown database is JSON, everything else about a query is text (server.md 1.3).
http::Response QueryError(Error error) {
  if (error.code == ErrorCode::kNotFound && error.message.starts_with("database not found")) {
    return JsonError(std::move(error).Within("query error"));
  }
  if (error.code == ErrorCode::kNotFound)
    error.code = ErrorCode::kInvalid;  // an unknown table is a plan error
  return PlainError(error);
}

}  // namespace

Task<http::Response> QuerySql(Services& services, const http::Request& request) {
  Result<ParsedQuery> query =
      request.method == "POST" ? ParseFromBody(services, request) : ParseFromUrl(request);
  if (!query.ok()) co_return PlainError(query.error());
  query->request.time_limit = services.query_time_limit;
  Completion<Result<QueryAnswer>> begun;
  const bool taken = services.queries.Submit(
      [&services, begun, parsed = *query] { begun.Complete(Begin(services, parsed)); });
  if (!taken)
    co_return PlainError(
        UnavailableError("too many queries are waiting: try again, or raise --query-queue"));
  Result<QueryAnswer> answer = co_await begun;
  if (!answer.ok()) co_return QueryError(std::move(answer).error());

  http::Response response;
  response.headers.emplace_back("Content-Type", std::string(ContentType(query->format)));
  if (answer->is_last) {
    response.body = std::move(answer->piece);
  } else {
    response.stream = std::make_unique<QueryStream>(services.queries, std::move(*answer));
  }
  co_return response;
}

}  // namespace tidemill::server
