// Databases and tables: create, change, list (server.md 1.9).
#include "base/duration.h"
#include "base/status_macros.h"
#include "model/names.h"
#include "server/errors.h"
#include "server/format/format.h"
#include "server/format/json_text.h"
#include "server/request_body.h"
#include "server/routes/routes.h"

namespace tidemill::server {
namespace {

struct DatabaseBody {
  std::string name;
  std::optional<std::chrono::nanoseconds> retention;
};

Result<DatabaseBody> ParseDatabase(const Services& services, const http::Request& request) {
  TRY_ASSIGN(const nlohmann::json body, JsonBody(services, request));
  DatabaseBody parsed;
  TRY_ASSIGN(parsed.name, JsonString(body, "db"));
  TRY(model::ValidateDatabaseName(parsed.name));
  TRY_ASSIGN(const auto retention, JsonOptionalString(body, "retention_period"));
  if (retention) {
    TRY_ASSIGN(parsed.retention, ParseDuration(*retention));
  }
  return parsed;
}

Result<catalog::CreateTable> ParseTable(const Services& services, const http::Request& request) {
  TRY_ASSIGN(const nlohmann::json body, JsonBody(services, request));
  catalog::CreateTable change;
  TRY_ASSIGN(change.database, JsonString(body, "db"));
  TRY(model::ValidateDatabaseName(change.database));
  TRY_ASSIGN(change.table.table, JsonString(body, "table"));
  if (change.table.table.empty()) return InvalidError("table name is empty");
  TRY_ASSIGN(const nlohmann::json tags, JsonArray(body, "tags"));
  for (const auto& tag : tags) {
    if (!tag.is_string()) return InvalidError("serde json error: `tags` is not a list of strings");
    change.table.columns.push_back(
        {tag.get<std::string>(), model::ColumnKind::kTag, model::DataType::kString});
  }
  TRY_ASSIGN(const nlohmann::json fields, JsonArray(body, "fields"));
  for (const auto& field : fields) {
    if (!field.is_object())
      return InvalidError("serde json error: `fields` is not a list of {\"name\", \"type\"}");
    TRY_ASSIGN(const std::string name, JsonString(field, "name"));
    TRY_ASSIGN(const std::string type_name, JsonString(field, "type"));
    const auto type = model::ParseFieldType(type_name);
    if (!type)
      return InvalidError("field '" + name + "': unknown type '" + type_name +
                          "', expected utf8, int64, uint64, float64 or bool");
    change.table.columns.push_back({name, model::ColumnKind::kField, *type});
  }
  return change;
}

Task<http::Response> CommitChange(Services& services, catalog::Change change) {
  auto committed = co_await services.catalog.Commit(std::move(change));
  if (committed.ok()) co_return EmptyResponse(200);
  if (committed.error().code == ErrorCode::kLimit) co_return JsonError(committed.error());
  co_return PlainError(committed.error());
}

// Bad names are JSON, the rest is text (server.md 1.3).
http::Response ConfigureError(const Error& error) {
  return error.message.starts_with("serde json error") ? PlainError(error) : JsonError(error);
}

}  // namespace

Task<http::Response> ListDatabases(Services& services, const http::Request& request) {
  const Parameters parameters(request.query);
  const auto name = parameters.Get("format");
  const auto format = name ? ParseFormat(*name) : std::nullopt;
  if (!format || *format == Format::kParquet) {
    co_return PlainResponse(400,
                            "query parameter 'format' is mandatory: json, jsonl, csv or pretty");
  }
  auto show_deleted = parameters.GetBool("show_deleted", false);
  if (!show_deleted.ok()) co_return PlainError(show_deleted.error());

  columnar::ValueBatch batch;
  std::vector<columnar::ValueColumn> columns = {
      {"iox::database", {columnar::ValueKind::kString, false, {}, {}}}};
  batch.columns.emplace_back().type = columns[0].type;
  if (*show_deleted) {
    columns.push_back({"deleted", {columnar::ValueKind::kBool, false, {}, {}}});
    batch.columns.emplace_back().type = columns[1].type;
  }
  for (const std::string& database : services.catalog.Get()->DatabaseNames()) {
    ++batch.rows;
    batch.columns[0].strings.Append(database);
    if (*show_deleted) batch.columns[1].words.push_back(0);
  }
  auto formatter = MakeFormatter(*format);
  http::Response response;
  response.headers.emplace_back("Content-Type", std::string(ContentType(*format)));
  formatter->Begin(columns, response.body);
  if (auto appended = formatter->Append(batch, response.body); !appended.ok())
    co_return PlainError(appended.error());
  formatter->End(response.body);
  co_return response;
}

Task<http::Response> CreateDatabase(Services& services, const http::Request& request) {
  if (!HasJsonMediaType(request)) co_return MediaTypeError();
  auto body = ParseDatabase(services, request);
  if (!body.ok()) co_return ConfigureError(body.error());
  catalog::Change change = catalog::CreateDatabase{body->name, body->retention};
  co_return co_await CommitChange(services, std::move(change));
}

Task<http::Response> UpdateDatabase(Services& services, const http::Request& request) {
  if (!HasJsonMediaType(request)) co_return MediaTypeError();
  auto body = ParseDatabase(services, request);
  if (!body.ok()) co_return ConfigureError(body.error());
  catalog::Change change = catalog::SetRetention{body->name, body->retention};
  co_return co_await CommitChange(services, std::move(change));
}

Task<http::Response> CreateTable(Services& services, const http::Request& request) {
  if (!HasJsonMediaType(request)) co_return MediaTypeError();
  auto table = ParseTable(services, request);
  if (!table.ok()) co_return ConfigureError(table.error());
  catalog::Change change = std::move(*table);
  co_return co_await CommitChange(services, std::move(change));
}

}  // namespace tidemill::server
