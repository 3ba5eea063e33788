// Functions that are one line of SQL each.
#include <array>

#include "base/status_macros.h"
#include "duckdb/main/connection.hpp"
#include "sql/duckdb_errors.h"
#include "sql/functions/functions.h"

namespace tidemill::sql {
namespace {

// Values that a function makes larger than its arguments are bounded: DuckDB's memory limit does
// not see them.
#define VALUE_BYTES_MAX "16777216"

constexpr std::array kMacros = {
    // Rows without a value are skipped; of several rows with the extreme value the earliest is
    // taken.
    "tidemill_selector_first(v, t) AS struct_pack(\"value\" := arg_min(v, t), "
    "\"time\" := min(t) FILTER (v IS NOT NULL))",
    "tidemill_selector_last(v, t) AS struct_pack(\"value\" := arg_max(v, t), "
    "\"time\" := max(t) FILTER (v IS NOT NULL))",
    "tidemill_selector_min(v, t) AS struct_pack(\"value\" := min(v), "
    "\"time\" := arg_min(t, struct_pack(v := v, t := t)) FILTER (v IS NOT NULL))",
    "tidemill_selector_max(v, t) AS struct_pack(\"value\" := max(v), "
    "\"time\" := arg_max(t, struct_pack(v := v, t := -epoch_ns(t))) FILTER (v IS NOT NULL))",

    "tidemill_on_line(t, v0, t0, v1, t1, v) AS CASE WHEN typeof(v) = 'DOUBLE' "
    "THEN v0::DOUBLE + (v1::DOUBLE - v0::DOUBLE) * ((t - t0)::DOUBLE / (t1 - t0)) "
    "ELSE round(v0::DOUBLE + (v1::DOUBLE - v0::DOUBLE) * ((t - t0)::DOUBLE / (t1 - t0))) END",
    // A value on the line between the known ones before and after it; whole numbers are rounded.
    "tidemill_between(v, t, v0, t0, v1, t1) AS CASE WHEN v IS NOT NULL THEN v "
    "WHEN v0 IS NOT NULL AND v1 IS NOT NULL THEN tidemill_like("
    "tidemill_on_line(t, v0, t0, v1, t1, v), v) END",

    "tidemill_version() AS 'DuckDB ' || version()",
    "tidemill_median(x) AS tidemill_like(median(x), any_value(x))",
    "tidemill_regexp_count(s, p) AS len(regexp_extract_all(s, p))",
    "tidemill_regexp_match(s, p) AS CASE WHEN regexp_matches(s, p) "
    "THEN [regexp_extract(s, p)] END",
    "tidemill_nvl2(x, a, b) AS CASE WHEN x IS NOT NULL THEN a ELSE b END",
    "tidemill_nanvl(x, y) AS CASE WHEN isnan(x) THEN y ELSE x END",
    "tidemill_iszero(x) AS x = 0",
    "tidemill_to_date(x) AS CAST(x AS DATE)",
    "tidemill_initcap(s) AS array_to_string(list_transform(string_split(lower(s), ' '), "
    "w -> upper(left(w, 1)) || substr(w, 2)), ' ')",

    "tidemill_repeat(s, n) AS CASE WHEN strlen(s)::DOUBLE * n > " VALUE_BYTES_MAX
    " THEN error('repeat: the result would be longer than 16 MiB') ELSE repeat(s, n) END",
    "tidemill_lpad(s, n, f := ' ') AS CASE WHEN n > " VALUE_BYTES_MAX
    " THEN error('lpad: the result would be longer than 16 MiB') "
    "ELSE lpad(s, n::INTEGER, f) END",
    "tidemill_rpad(s, n, f := ' ') AS CASE WHEN n > " VALUE_BYTES_MAX
    " THEN error('rpad: the result would be longer than 16 MiB') "
    "ELSE rpad(s, n::INTEGER, f) END",
};

}  // namespace

Status RegisterMacros(duckdb::DuckDB& database) {
  return CatchingErrors("", [&]() -> Status {
    duckdb::Connection connection(database);
    for (const char* macro : kMacros) {
      const std::string statement = std::string("CREATE MACRO ") + macro;
      const auto result = connection.Query(statement);
      if (result->HasError()) return ToError(result->GetErrorObject(), statement);
    }
    return Ok();
  });
}

}  // namespace tidemill::sql
