// One query to the server, its answer passed on piece by piece as it comes.
//
// Used by `query` and by the `show` commands, which are queries with fixed text.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/arguments.h"
#include "http/client.h"

namespace tidemill::cli {

struct QueryRequest {
  std::string database;
  std::string text;
  std::string format = "pretty";  // "pretty", "json", "jsonl", "csv", "parquet"
};

Status SendQuery(http::Client& client, const QueryRequest& request,
                 const std::function<Status(std::string_view)>& sink);
// To standard output, with a newline at the end of text.
Status PrintQuery(http::Client& client, const QueryRequest& request, Console& console);

// --format; parquet is for files only.
void DeclareFormat(Arguments& arguments, std::string& into, bool offers_parquet);

}  // namespace tidemill::cli
