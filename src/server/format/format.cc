#include "server/format/format.h"

#include "base/check.h"
#include "base/strings.h"

namespace tidemill::server {

std::optional<Format> ParseFormat(std::string_view name) {
  if (name == "json") return Format::kJson;
  if (name == "jsonl" || name == "json_lines") return Format::kJsonLines;
  if (name == "csv") return Format::kCsv;
  if (name == "pretty") return Format::kPretty;
  if (name == "parquet") return Format::kParquet;
  return std::nullopt;
}

Result<Format> FormatFromAccept(std::string_view accept) {
  const std::string_view type = Trim(accept.substr(0, accept.find(';')));
  if (accept.empty() || type == "application/json" ||
      accept.find("*/*") != std::string_view::npos ||
      accept.find("text/html") != std::string_view::npos) {
    return Format::kJson;
  }
  if (type == "application/jsonl") return Format::kJsonLines;
  if (type == "text/csv") return Format::kCsv;
  if (type == "text/plain") return Format::kPretty;
  if (type == "application/vnd.apache.parquet") return Format::kParquet;
  return InvalidError("invalid mime type (" + std::string(accept) +
                      "): expected application/json, application/jsonl, text/csv, text/plain or "
                      "application/vnd.apache.parquet");
}

std::string_view ContentType(Format format) {
  switch (format) {
    case Format::kJson: return "application/json";
    case Format::kJsonLines: return "application/jsonl";
    case Format::kCsv: return "text/csv";
    case Format::kPretty: return "text/plain; charset=utf-8";
    case Format::kParquet: return "application/vnd.apache.parquet";
  }
  return "application/octet-stream";
}

std::unique_ptr<Formatter> MakeFormatter(Format format) {
  switch (format) {
    case Format::kJson: return MakeJsonFormatter(false);
    case Format::kJsonLines: return MakeJsonFormatter(true);
    case Format::kCsv: return MakeCsvFormatter();
    case Format::kPretty: return MakePrettyFormatter();
    case Format::kParquet: break;
  }
  CHECK(false) << "parquet is made by the query service";
  return nullptr;
}

}  // namespace tidemill::server
