// date_trunc(unit, time) whose result is a nanosecond timestamp like its argument.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "base/timestamp.h"
#include "duckdb/common/exception.hpp"
#include "duckdb/common/vector_operations/binary_executor.hpp"
#include "duckdb/function/function_set.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "sql/functions/functions.h"

namespace tidemill::sql {
namespace {

using duckdb::timestamp_ns_t;

constexpr std::int64_t kDay = 86'400'000'000'000;
constexpr std::int64_t kMondayAfterEpoch = 4 * kDay;  // 1970-01-05

// A unit of fixed length from `origin`, or of `months` calendar months.
struct Unit {
  std::string_view name;
  std::int64_t nanos = 0;
  std::int64_t origin = 0;
  int months = 0;
};
constexpr std::array kUnits = {
    Unit{"nanosecond", 1},
    Unit{"microsecond", 1'000},
    Unit{"millisecond", 1'000'000},
    Unit{"second", 1'000'000'000},
    Unit{"minute", 60'000'000'000},
    Unit{"hour", 3'600'000'000'000},
    Unit{"day", kDay},
    Unit{"week", 7 * kDay, kMondayAfterEpoch},
    Unit{"month", 0, 0, 1},
    Unit{"quarter", 0, 0, 3},
    Unit{"year", 0, 0, 12},
    Unit{"decade", 0, 0, 120},
};

const Unit& FindUnit(std::string_view name) {
  const std::string lower = ToLowerAscii(name);
  for (const Unit& unit : kUnits) {
    if (lower == unit.name || lower == std::string(unit.name) + "s") return unit;
  }
  throw duckdb::InvalidInputException(
      "date_trunc: unknown unit '%s', expected nanosecond, microsecond, millisecond, second, "
      "minute, hour, day, week, month, quarter, year or decade",
      std::string(name));
}

std::int64_t Truncate(const Unit& unit, std::int64_t time) {
  if (unit.months != 0) {
    CivilTime civil = ToCivil(Timestamp(time));
    const int months = civil.year * 12 + civil.month - 1;
    const int first = months - months % unit.months;
    return FromCivil({.year = first / 12, .month = first % 12 + 1, .day = 1}).nanos();
  }
  const __int128 apart = __int128{time} - unit.origin;
  const __int128 rest = apart % unit.nanos;
  const __int128 begin = __int128{time} - (rest < 0 ? rest + unit.nanos : rest);
  if (begin < INT64_MIN) {
    throw duckdb::OutOfRangeException("date_trunc: the result is outside the range of timestamps");
  }
  return static_cast<std::int64_t>(begin);
}

void DateTrunc(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::BinaryExecutor::Execute<duckdb::string_t, timestamp_ns_t, timestamp_ns_t>(
      arguments.data[0], arguments.data[1], result, arguments.size(),
      [unit = static_cast<const Unit*>(nullptr)](duckdb::string_t name,
                                                 timestamp_ns_t time) mutable {
        const std::string_view text(name.GetData(), name.GetSize());
        if (unit == nullptr || text != unit->name) unit = &FindUnit(text);
        return timestamp_ns_t(Truncate(*unit, time.value));
      });
}

}  // namespace

void RegisterDateTrunc(duckdb::ExtensionLoader& loader) {
  using duckdb::LogicalType;
  for (const char* name : {"date_trunc", "datetrunc"}) {
    loader.AddFunctionOverload(
        duckdb::ScalarFunction(name, {LogicalType::VARCHAR, LogicalType::TIMESTAMP_NS},
                               LogicalType::TIMESTAMP_NS, DateTrunc));
  }
}

}  // namespace tidemill::sql
