// time ± interval without losing nanoseconds: DuckDB's own operators go through microseconds.
#include <cstdint>
#include <limits>

#include "duckdb/common/exception.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/vector_operations/binary_executor.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "sql/functions/functions.h"

namespace tidemill::sql {
namespace {

using duckdb::interval_t;
using duckdb::timestamp_ns_t;

constexpr std::int64_t kNanosPerMicro = 1'000;

timestamp_ns_t Add(timestamp_ns_t time, interval_t interval) {
  std::int64_t micros = time.value / kNanosPerMicro;
  std::int64_t rest = time.value % kNanosPerMicro;
  if (rest < 0) {
    rest += kNanosPerMicro;
    --micros;
  }
  const duckdb::timestamp_t moved = duckdb::Interval::Add(duckdb::timestamp_t(micros), interval);
  std::int64_t nanos = 0;
  if (__builtin_mul_overflow(moved.value, kNanosPerMicro, &nanos) ||
      __builtin_add_overflow(nanos, rest, &nanos)) {
    throw duckdb::OutOfRangeException(
        "time and interval together are outside the range of timestamps (1677 to 2262)");
  }
  return timestamp_ns_t(nanos);
}

void TimePlusInterval(duckdb::DataChunk& arguments, duckdb::ExpressionState&,
                      duckdb::Vector& result) {
  duckdb::BinaryExecutor::Execute<timestamp_ns_t, interval_t, timestamp_ns_t>(
      arguments.data[0], arguments.data[1], result, arguments.size(), Add);
}

void IntervalPlusTime(duckdb::DataChunk& arguments, duckdb::ExpressionState&,
                      duckdb::Vector& result) {
  duckdb::BinaryExecutor::Execute<timestamp_ns_t, interval_t, timestamp_ns_t>(
      arguments.data[1], arguments.data[0], result, arguments.size(), Add);
}

void TimeMinusInterval(duckdb::DataChunk& arguments, duckdb::ExpressionState&,
                       duckdb::Vector& result) {
  duckdb::BinaryExecutor::Execute<timestamp_ns_t, interval_t, timestamp_ns_t>(
      arguments.data[0], arguments.data[1], result, arguments.size(),
      [](timestamp_ns_t time, interval_t interval) {
        return Add(time, duckdb::Interval::Invert(interval));
      });
}

}  // namespace

void RegisterTimeArithmetic(duckdb::ExtensionLoader& loader) {
  const auto time = duckdb::LogicalType::TIMESTAMP_NS;
  const auto interval = duckdb::LogicalType::INTERVAL;
  loader.AddFunctionOverload(duckdb::ScalarFunction("+", {time, interval}, time, TimePlusInterval));
  loader.AddFunctionOverload(duckdb::ScalarFunction("+", {interval, time}, time, IntervalPlusTime));
  loader.AddFunctionOverload(
      duckdb::ScalarFunction("-", {time, interval}, time, TimeMinusInterval));
}

}  // namespace tidemill::sql
