#include "cli/query_request.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "base/status_macros.h"
#include "cli/api.h"

namespace tidemill::cli {

Status SendQuery(http::Client& client, const QueryRequest& request,
                 const std::function<Status(std::string_view)>& sink) {
  const nlohmann::ordered_json body = {
      {"db", request.database}, {"q", request.text}, {"format", request.format}};
  TRY_ASSIGN(const http::ClientResponse response,
             client.SendStreaming("POST", "/api/v3/query_sql",
                                  {{"Content-Type", "application/json"}}, DumpJson(body), sink));
  if (response.status / 100 != 2) return ApiError(response);
  return Ok();
}

Status PrintQuery(http::Client& client, const QueryRequest& request, Console& console) {
  char last = '\n';
  TRY(SendQuery(client, request, [&](std::string_view piece) -> Status {
    if (!piece.empty()) last = piece.back();
    if (console.out.write(piece.data(), static_cast<std::streamsize>(piece.size()))) return Ok();
    return IoError("cannot write to standard output");
  }));
  if (last != '\n' && request.format != "parquet") console.out << "\n";
  return Ok();
}

void DeclareFormat(Arguments& arguments, std::string& into, bool offers_parquet) {
  std::vector<std::string> formats = {"pretty", "json", "jsonl", "csv"};
  if (offers_parquet) formats.push_back("parquet");
  arguments.Add(Flag{.name = "format",
                     .placeholder = "FORMAT",
                     .help = offers_parquet ? "pretty, json, jsonl, csv or parquet (pretty)"
                                            : "pretty, json, jsonl or csv (pretty)",
                     .set = Choice(into, std::move(formats))});
}

}  // namespace tidemill::cli
