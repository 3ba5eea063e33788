// DuckDB's errors as ours: the code a caller acts on, and a message without names of the inside.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "duckdb/common/error_data.hpp"

namespace tidemill::sql {

// `text` is the statement the error's place points into, or empty.
Error ToError(const duckdb::ErrorData& error, std::string_view text);

// Names of our functions inside DuckDB begin with this; users never see it.
inline constexpr std::string_view kInnerPrefix = "tidemill_";

// Runs `body`, which returns a Result, and turns whatever DuckDB throws into an Error.
template <typename Body>
auto CatchingErrors(std::string_view text, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::exception& caught) {
    return ToError(duckdb::ErrorData(caught), text);
  }
}

}  // namespace tidemill::sql
