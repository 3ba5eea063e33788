// Result formats: one class per format, and the table of their names.
//
// A formatter turns batches into text as they come, so an answer needs memory for one batch only.
// The exceptions say so: pretty must know the widths of its columns, parquet is made by the query
// service.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "columnar/value_batch.h"

namespace tidemill::server {

enum class Format { kJson, kJsonLines, kCsv, kPretty, kParquet };

// "json", "jsonl", "json_lines", "csv", "pretty", "parquet".
std::optional<Format> ParseFormat(std::string_view name);
// From an Accept header: absent, */*, text/html and application/json are JSON. kInvalid "invalid
// mime type (…)".
Result<Format> FormatFromAccept(std::string_view accept);
std::string_view ContentType(Format format);

class Formatter {
 public:
  virtual ~Formatter() = default;
  virtual void Begin(const std::vector<columnar::ValueColumn>& columns, std::string& out) = 0;
  // Error: kInvalid (a type the format cannot hold), kLimit.
  virtual Status Append(const columnar::ValueBatch& batch, std::string& out) = 0;
  virtual void End(std::string& out) = 0;
};

// Every format but parquet.
std::unique_ptr<Formatter> MakeFormatter(Format format);
std::unique_ptr<Formatter> MakeJsonFormatter(bool lines);  // json.cc
std::unique_ptr<Formatter> MakeCsvFormatter();             // csv.cc
std::unique_ptr<Formatter> MakePrettyFormatter();          // pretty.cc

}  // namespace tidemill::server
