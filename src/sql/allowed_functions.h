// Which functions a user's statement may call, and what each name means inside DuckDB.
//
// Every function DuckDB knows is either allowed or refused here; a test compares the two lists with
// duckdb_functions(), so a new DuckDB cannot bring in a function nobody looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::sql {

// Calls that become something else than a call of another name (sql/expression_gate.cc).
enum class CallRewrite : std::uint8_t {
  kNone,
  kNow,
  kToday,
  kArrowCast,
  kApproxMedian,
  kApproxQuantile,
  kMedian,
  kFirstValue,
  kLastValue,
  kMatchesWithoutCase,
  kMatchesNotWithoutCase,
  kNamedStruct,
};

struct AllowedFunction {
  std::string_view name;   // as users write it, in lower case
  std::string_view inner;  // inside DuckDB
  CallRewrite rewrite = CallRewrite::kNone;
};

const AllowedFunction* FindFunction(std::string_view name);

// In FROM: unnest, generate_series, range.
bool IsAllowedTableFunction(std::string_view name);

// Known to DuckDB and kept from users.
bool IsRefusedFunction(std::string_view name);

// For "did you mean".
std::vector<std::string> AllowedFunctionNames();

}  // namespace tidemill::sql
