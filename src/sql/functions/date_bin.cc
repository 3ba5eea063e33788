// date_bin(interval, time[, origin]): the start of the bin that holds a time; and all bins between
// two.
#include <algorithm>
#include <limits>
#include <optional>

#include "base/timestamp.h"
#include "duckdb/common/exception.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/vector_operations/ternary_executor.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/function/function_set.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "sql/functions/functions.h"

namespace tidemill::sql {
namespace {

using duckdb::interval_t;
using duckdb::timestamp_ns_t;
using Wide = __int128;

constexpr std::int64_t kNanosPerDay = 86'400'000'000'000;
constexpr std::int64_t kNanosPerMicro = 1'000;
constexpr std::size_t kFilledBinsMax = 1'000'000;  // of date_bin_gapfill, per group

std::int64_t Narrow(Wide nanos) {
  if (nanos < std::numeric_limits<std::int64_t>::min() ||
      nanos > std::numeric_limits<std::int64_t>::max()) {
    throw duckdb::OutOfRangeException("date_bin: the bin begins outside the range of timestamps");
  }
  return static_cast<std::int64_t>(nanos);
}

Wide FloorDivide(Wide value, Wide by) {
  const Wide quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

int DaysOfMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && is_leap ? 29 : kDays[month - 1];
}

// `months` calendar months after `origin`; the 31st becomes the last day of a shorter month.
std::int64_t AddMonths(const CivilTime& origin, std::int64_t months) {
  const std::int64_t total = std::int64_t{origin.year} * 12 + origin.month - 1 + months;
  CivilTime moved = origin;
  moved.year = static_cast<int>(FloorDivide(total, 12));
  moved.month = static_cast<int>(total - std::int64_t{moved.year} * 12) + 1;
  moved.day = std::min(moved.day, DaysOfMonth(moved.year, moved.month));
  return FromCivil(moved).nanos();
}

// A width that is checked, and the bin found last: times mostly come in order.
class Binner {
 public:
  Binner(interval_t width, std::int64_t origin) : months_(width.months), origin_(origin) {
    const Wide nanos = Wide{width.days} * kNanosPerDay + Wide{width.micros} * kNanosPerMicro;
    if (months_ != 0 && nanos != 0) {
      throw duckdb::InvalidInputException(
          "date_bin: an interval of months cannot also have days or a time of day");
    }
    if (months_ < 0 || nanos < 0 || (months_ == 0 && nanos == 0)) {
      throw duckdb::InvalidInputException("date_bin: the interval must be longer than zero");
    }
    nanos_ = Narrow(nanos);
    civil_ = ToCivil(Timestamp(origin));
  }

  std::int64_t Bin(std::int64_t time) {
    if (time < begin_ || time >= end_) Find(time);
    return begin_;
  }
  // The start of the bin behind the one found last.
  std::int64_t end() const { return end_; }

 private:
  void Find(std::int64_t time) {
    if (months_ != 0) return FindMonths(time);
    const Wide begin = Wide{origin_} + FloorDivide(Wide{time} - origin_, nanos_) * nanos_;
    begin_ = Narrow(begin);
    const Wide end = begin + nanos_;
    end_ = end > std::numeric_limits<std::int64_t>::max() ? std::numeric_limits<std::int64_t>::max()
                                                          : static_cast<std::int64_t>(end);
  }

  void FindMonths(std::int64_t time) {
    const CivilTime civil = ToCivil(Timestamp(time));
    const std::int64_t apart =
        (std::int64_t{civil.year} - civil_.year) * 12 + civil.month - civil_.month;
    std::int64_t bins = static_cast<std::int64_t>(FloorDivide(apart, months_));
    if (AddMonths(civil_, bins * months_) > time) --bins;  // later in its month than the origin
    begin_ = AddMonths(civil_, bins * months_);
    end_ = AddMonths(civil_, (bins + 1) * months_);
  }

  std::int64_t months_ = 0;
  std::int64_t nanos_ = 0;
  std::int64_t origin_ = 0;
  CivilTime civil_;  // of the origin
  std::int64_t begin_ = 1;
  std::int64_t end_ = 0;
};

bool IsSame(interval_t a, interval_t b) {
  return a.months == b.months && a.days == b.days && a.micros == b.micros;
}

// The interval and the origin nearly always are literals.
void BinByConstants(const interval_t width, timestamp_ns_t origin, duckdb::Vector& times,
                    std::size_t count, duckdb::Vector& result) {
  Binner binner(width, origin.value);
  duckdb::UnaryExecutor::Execute<timestamp_ns_t, timestamp_ns_t>(
      times, result, count,
      [&](timestamp_ns_t time) { return timestamp_ns_t(binner.Bin(time.value)); });
}

void BinByColumns(duckdb::Vector& widths, duckdb::Vector& times, duckdb::Vector& origins,
                  std::size_t count, duckdb::Vector& result) {
  std::optional<Binner> binner;
  interval_t width{};
  timestamp_ns_t origin;
  duckdb::TernaryExecutor::Execute<interval_t, timestamp_ns_t, timestamp_ns_t, timestamp_ns_t>(
      widths, times, origins, result, count,
      [&](interval_t new_width, timestamp_ns_t time, timestamp_ns_t new_origin) {
        if (!binner || !IsSame(new_width, width) || new_origin.value != origin.value) {
          binner.emplace(new_width, new_origin.value);
          width = new_width;
          origin = new_origin;
        }
        return timestamp_ns_t(binner->Bin(time.value));
      });
}

bool IsConstant(const duckdb::Vector& vector) {
  return vector.GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR &&
         !duckdb::ConstantVector::IsNull(vector);
}

void DateBin(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::Vector epoch(duckdb::Value::TIMESTAMPNS(timestamp_ns_t(0)));
  duckdb::Vector& width = arguments.data[0];
  duckdb::Vector& times = arguments.data[1];
  duckdb::Vector& origin = arguments.ColumnCount() == 3 ? arguments.data[2] : epoch;
  if (IsConstant(width) && IsConstant(origin)) {
    BinByConstants(*duckdb::ConstantVector::GetData<interval_t>(width),
                   *duckdb::ConstantVector::GetData<timestamp_ns_t>(origin), times,
                   arguments.size(), result);
  } else {
    BinByColumns(width, times, origin, arguments.size(), result);
  }
}

// tidemill_bins(interval, low, high, is high included, origin): what date_bin gives for the times
// between.
void Bins(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  for (std::size_t row = 0; row < arguments.size(); ++row) {
    duckdb::vector<duckdb::Value> bins;
    const auto value = [&](std::size_t i) { return arguments.GetValue(i, row); };
    const bool has_null = value(0).IsNull() || value(1).IsNull() || value(2).IsNull() ||
                          value(3).IsNull() || value(4).IsNull();
    if (!has_null) {
      Binner binner(value(0).GetValue<interval_t>(), value(4).GetValue<timestamp_ns_t>().value);
      const std::int64_t low = value(1).GetValue<timestamp_ns_t>().value;
      const Wide high = Wide{value(2).GetValue<timestamp_ns_t>().value} +
                        (value(3).GetValue<bool>() ? 1 : 0);  // behind the last time
      for (std::int64_t bin = low < high ? binner.Bin(low) : low; bin < high;
           bin = binner.Bin(binner.end())) {
        if (bins.size() == kFilledBinsMax) {
          throw duckdb::InvalidInputException(
              "date_bin_gapfill: more than 1000000 bins lie between the bounds of time: choose a "
              "wider interval, or closer bounds");
        }
        bins.push_back(duckdb::Value::TIMESTAMPNS(timestamp_ns_t(bin)));
        if (binner.end() == std::numeric_limits<std::int64_t>::max()) break;
      }
    }
    result.SetValue(row, duckdb::Value::LIST(duckdb::LogicalType::TIMESTAMP_NS, std::move(bins)));
  }
  if (arguments.AllConstant()) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

}  // namespace

void RegisterDateBin(duckdb::ExtensionLoader& loader) {
  using duckdb::LogicalType;
  duckdb::ScalarFunctionSet set("tidemill_date_bin");
  set.AddFunction(duckdb::ScalarFunction({LogicalType::INTERVAL, LogicalType::TIMESTAMP_NS},
                                         LogicalType::TIMESTAMP_NS, DateBin));
  set.AddFunction(duckdb::ScalarFunction(
      {LogicalType::INTERVAL, LogicalType::TIMESTAMP_NS, LogicalType::TIMESTAMP_NS},
      LogicalType::TIMESTAMP_NS, DateBin));
  loader.RegisterFunction(set);
  loader.RegisterFunction(duckdb::ScalarFunction(
      "tidemill_bins",
      {LogicalType::INTERVAL, LogicalType::TIMESTAMP_NS, LogicalType::TIMESTAMP_NS,
       LogicalType::BOOLEAN, LogicalType::TIMESTAMP_NS},
      LogicalType::LIST(LogicalType::TIMESTAMP_NS), Bins));
}

}  // namespace tidemill::sql
