// to_timestamp, to_timestamp_seconds … _nanos, from_unixtime, to_unixtime, and casts between
// integers and times: always nanoseconds.
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/timestamp.h"
#include "duckdb/common/exception.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/function/cast/default_casts.hpp"
#include "duckdb/function/function_set.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "sql/functions/functions.h"

namespace tidemill::sql {
namespace {

using duckdb::LogicalType;
using duckdb::timestamp_ns_t;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

template <std::int64_t kUnit>
timestamp_ns_t FromInteger(std::int64_t value) {
  std::int64_t nanos = 0;
  if (__builtin_mul_overflow(value, kUnit, &nanos)) {
    throw duckdb::OutOfRangeException(
        "to_timestamp: %d is outside the range of timestamps (1677 to 2262)", value);
  }
  return timestamp_ns_t(nanos);
}

// A fraction counts in the same unit as an integer would, but to_timestamp(1.5) means seconds.
template <std::int64_t kUnit>
timestamp_ns_t FromDouble(double value) {
  const double nanos = value * static_cast<double>(kUnit);
  if (!(std::abs(nanos) < 9.2e18)) {
    throw duckdb::OutOfRangeException("to_timestamp: %f is outside the range of timestamps", value);
  }
  return timestamp_ns_t(static_cast<std::int64_t>(nanos));
}

timestamp_ns_t FromText(duckdb::string_t text) {
  const auto parsed = ParseTimestamp(std::string_view(text.GetData(), text.GetSize()));
  if (!parsed.ok()) throw duckdb::InvalidInputException("%s", parsed.error().message);
  return timestamp_ns_t(parsed->nanos());
}

// A time cut to the unit of the function.
template <std::int64_t kUnit>
timestamp_ns_t FromTime(timestamp_ns_t time) {
  std::int64_t rest = time.value % kUnit;
  if (rest < 0) rest += kUnit;
  return timestamp_ns_t(time.value - rest);
}

template <typename In, timestamp_ns_t (*kConvert)(In)>
void Convert(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::UnaryExecutor::Execute<In, timestamp_ns_t>(arguments.data[0], result, arguments.size(),
                                                     kConvert);
}

template <std::int64_t kUnit, std::int64_t kDoubleUnit = kUnit>
void RegisterConversion(duckdb::ExtensionLoader& loader, const std::string& name) {
  duckdb::ScalarFunctionSet set("tidemill_" + name);
  const auto add = [&](const LogicalType& type, duckdb::scalar_function_t function) {
    set.AddFunction(duckdb::ScalarFunction({type}, LogicalType::TIMESTAMP_NS, function));
  };
  add(LogicalType::BIGINT, Convert<std::int64_t, FromInteger<kUnit>>);
  add(LogicalType::DOUBLE, Convert<double, FromDouble<kDoubleUnit>>);
  add(LogicalType::VARCHAR, Convert<duckdb::string_t, FromText>);
  add(LogicalType::TIMESTAMP_NS, Convert<timestamp_ns_t, FromTime<kUnit>>);
  loader.RegisterFunction(set);
}

void ToUnixTime(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::UnaryExecutor::Execute<timestamp_ns_t, std::int64_t>(
      arguments.data[0], result, arguments.size(),
      [](timestamp_ns_t time) { return FromTime<kNanosPerSecond>(time).value / kNanosPerSecond; });
}

void TextToUnixTime(duckdb::DataChunk& arguments, duckdb::ExpressionState&,
                    duckdb::Vector& result) {
  duckdb::UnaryExecutor::Execute<duckdb::string_t, std::int64_t>(
      arguments.data[0], result, arguments.size(), [](duckdb::string_t text) {
        return FromTime<kNanosPerSecond>(FromText(text)).value / kNanosPerSecond;
      });
}

}  // namespace

void RegisterTimeConversions(duckdb::ExtensionLoader& loader) {
  RegisterConversion<1, kNanosPerSecond>(loader, "to_timestamp");
  RegisterConversion<1>(loader, "to_timestamp_nanos");
  RegisterConversion<1'000>(loader, "to_timestamp_micros");
  RegisterConversion<1'000'000>(loader, "to_timestamp_millis");
  RegisterConversion<kNanosPerSecond>(loader, "to_timestamp_seconds");
  duckdb::ScalarFunctionSet to_unixtime("tidemill_to_unixtime");
  to_unixtime.AddFunction(
      duckdb::ScalarFunction({LogicalType::TIMESTAMP_NS}, LogicalType::BIGINT, ToUnixTime));
  to_unixtime.AddFunction(
      duckdb::ScalarFunction({LogicalType::VARCHAR}, LogicalType::BIGINT, TextToUnixTime));
  loader.RegisterFunction(to_unixtime);
  // x::timestamp and time::bigint: nanoseconds, bit for bit.
  loader.RegisterCastFunction(LogicalType::BIGINT, LogicalType::TIMESTAMP_NS,
                              duckdb::BoundCastInfo(duckdb::DefaultCasts::ReinterpretCast));
  loader.RegisterCastFunction(LogicalType::TIMESTAMP_NS, LogicalType::BIGINT,
                              duckdb::BoundCastInfo(duckdb::DefaultCasts::ReinterpretCast));
}

}  // namespace tidemill::sql
