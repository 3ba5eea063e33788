// sum(Int64) is an Int64 and sum(UInt64) a UInt64; DuckDB's own makes 128-bit integers of both.
#include <cstdint>
#include <limits>
#include <string_view>

#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/common/exception.hpp"
#include "duckdb/function/aggregate_function.hpp"
#include "duckdb/function/function_set.hpp"
#include "sql/functions/functions.h"

namespace tidemill::sql {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

// DuckDB aligns states to 8 bytes, so a 128-bit member, which the compiler takes for aligned to 16,
// may not stand in one: it is kept as two words.
struct SumState {
  std::uint64_t low;
  std::int64_t high;
  bool is_set;

  __int128 sum() const { return static_cast<__int128>(high) << 64 | low; }
  void Set(__int128 sum) {
    low = static_cast<std::uint64_t>(sum);
    high = static_cast<std::int64_t>(sum >> 64);
  }
};
static_assert(alignof(SumState) == 8);

template <typename T>
struct SumOperation {
  template <class State>
  static void Initialize(State& state) {
    state.Set(0);
    state.is_set = false;
  }
  template <class Input, class State, class Op>
  static void Operation(State& state, const Input& input, duckdb::AggregateUnaryInput&) {
    state.Set(state.sum() + input);
    state.is_set = true;
  }
  template <class Input, class State, class Op>
  static void ConstantOperation(State& state, const Input& input, duckdb::AggregateUnaryInput&,
                                duckdb::idx_t count) {
    state.Set(state.sum() + static_cast<__int128>(input) * static_cast<__int128>(count));
    state.is_set = true;
  }
  template <class State, class Op>
  static void Combine(const State& source, State& target, duckdb::AggregateInputData&) {
    target.Set(target.sum() + source.sum());
    target.is_set = target.is_set || source.is_set;
  }
  template <class Out, class State>
  static void Finalize(State& state, Out& target, duckdb::AggregateFinalizeData& data) {
    if (!state.is_set) {
      data.ReturnNull();
      return;
    }
    if (state.sum() < std::numeric_limits<T>::min() ||
        state.sum() > std::numeric_limits<T>::max()) {
      throw duckdb::OutOfRangeException(
          "sum: the result does not fit 64 bits, sum the values as doubles: sum(x::double)");
    }
    target = static_cast<Out>(state.sum());
  }
  static bool IgnoreNull() { return true; }
};

template <typename T>
duckdb::AggregateFunction MakeSum(const LogicalType& type) {
  auto function =
      duckdb::AggregateFunction::UnaryAggregate<SumState, T, T, SumOperation<T>>(type, type);
  function.order_dependent = duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT;
  return function;
}

}  // namespace

void RegisterSum(duckdb::ExtensionLoader& loader) {
  duckdb::AggregateFunctionSet set("tidemill_sum");
  set.AddFunction(MakeSum<std::int64_t>(LogicalType::BIGINT));
  set.AddFunction(MakeSum<std::uint64_t>(LogicalType::UBIGINT));
  const auto& built_in =
      loader.TryGetFunction("sum")->Cast<duckdb::AggregateFunctionCatalogEntry>();
  for (const duckdb::AggregateFunction& function : built_in.functions.functions) {
    const LogicalTypeId input = function.arguments.front().id();
    if (input == LogicalTypeId::DECIMAL || input == LogicalTypeId::DOUBLE ||
        input == LogicalTypeId::HUGEINT) {
      set.AddFunction(function);
    }
  }
  loader.RegisterFunction(set);
}

}  // namespace tidemill::sql
