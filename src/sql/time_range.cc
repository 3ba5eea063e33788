#include "sql/time_range.h"

#include <algorithm>
#include <optional>

#include "duckdb/planner/expression/bound_between_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"

namespace tidemill::sql {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::ExpressionType;

constexpr TimeRange kEmpty{.min = std::numeric_limits<std::int64_t>::max(),
                           .max = std::numeric_limits<std::int64_t>::min()};

bool IsTime(const Expression& expression, const IsTimeColumn& is_time) {
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF) return false;
  const auto& binding = expression.Cast<duckdb::BoundColumnRefExpression>().binding;
  return is_time(binding.table_index, binding.column_index);
}

std::optional<std::int64_t> Nanos(const Expression& expression) {
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return std::nullopt;
  const duckdb::Value& value = expression.Cast<duckdb::BoundConstantExpression>().value;
  if (value.IsNull() || value.type().id() != duckdb::LogicalTypeId::TIMESTAMP_NS) {
    return std::nullopt;
  }
  return duckdb::TimestampNSValue::Get(value).value;
}

TimeRange After(std::int64_t bound, bool inclusive) {
  if (inclusive) return {.min = bound};
  return bound == std::numeric_limits<std::int64_t>::max() ? kEmpty : TimeRange{.min = bound + 1};
}
TimeRange Before(std::int64_t bound, bool inclusive) {
  if (inclusive) return {.max = bound};
  return bound == std::numeric_limits<std::int64_t>::min() ? kEmpty : TimeRange{.max = bound - 1};
}

TimeRange RangeOfOne(const Expression& filter, const IsTimeColumn& is_time);

TimeRange RangeOfBoundComparison(const Expression& filter, const IsTimeColumn& is_time) {
  const auto& comparison = filter.Cast<duckdb::BoundComparisonExpression>();
  const ExpressionType type = comparison.GetExpressionType();
  if (IsTime(*comparison.left, is_time)) {
    if (const auto bound = Nanos(*comparison.right)) return RangeOfComparison(type, *bound);
  } else if (IsTime(*comparison.right, is_time)) {
    if (const auto bound = Nanos(*comparison.left)) {
      return RangeOfComparison(duckdb::FlipComparisonExpression(type), *bound);
    }
  }
  return {};
}

TimeRange RangeOfBetween(const Expression& filter, const IsTimeColumn& is_time) {
  const auto& between = filter.Cast<duckdb::BoundBetweenExpression>();
  TimeRange range;
  if (!IsTime(*between.input, is_time)) return range;
  if (const auto bound = Nanos(*between.lower)) {
    range.Intersect(After(*bound, between.lower_inclusive));
  }
  if (const auto bound = Nanos(*between.upper)) {
    range.Intersect(Before(*bound, between.upper_inclusive));
  }
  return range;
}

// The hull of the two sides of an OR, the overlap of those of an AND.
TimeRange RangeOfConjunction(const Expression& filter, const IsTimeColumn& is_time) {
  const auto& conjunction = filter.Cast<duckdb::BoundConjunctionExpression>();
  const bool is_and = conjunction.GetExpressionType() == ExpressionType::CONJUNCTION_AND;
  TimeRange range = is_and ? TimeRange{} : kEmpty;
  for (const auto& child : conjunction.children) {
    const TimeRange one = RangeOfOne(*child, is_time);
    if (is_and) {
      range.Intersect(one);
    } else {
      range = {.min = std::min(range.min, one.min), .max = std::max(range.max, one.max)};
    }
  }
  return range;
}

// time IN (a, b, …).
TimeRange RangeOfIn(const Expression& filter, const IsTimeColumn& is_time) {
  const auto& in = filter.Cast<duckdb::BoundOperatorExpression>();
  if (in.GetExpressionType() != ExpressionType::COMPARE_IN) return {};
  if (!IsTime(*in.children.front(), is_time)) return {};
  TimeRange range = kEmpty;
  for (std::size_t i = 1; i < in.children.size(); ++i) {
    const auto value = Nanos(*in.children[i]);
    if (!value) return {};
    range = {.min = std::min(range.min, *value), .max = std::max(range.max, *value)};
  }
  return range;
}

TimeRange RangeOfOne(const Expression& filter, const IsTimeColumn& is_time) {
  switch (filter.GetExpressionClass()) {
    case ExpressionClass::BOUND_COMPARISON: return RangeOfBoundComparison(filter, is_time);
    case ExpressionClass::BOUND_BETWEEN: return RangeOfBetween(filter, is_time);
    case ExpressionClass::BOUND_CONJUNCTION: return RangeOfConjunction(filter, is_time);
    case ExpressionClass::BOUND_OPERATOR: return RangeOfIn(filter, is_time);
    default: return {};
  }
}

}  // namespace

void TimeRange::Intersect(const TimeRange& other) {
  min = std::max(min, other.min);
  max = std::min(max, other.max);
}

TimeRange RangeOfComparison(ExpressionType comparison, std::int64_t bound) {
  switch (comparison) {
    case ExpressionType::COMPARE_EQUAL: return {.min = bound, .max = bound};
    case ExpressionType::COMPARE_GREATERTHAN: return After(bound, false);
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO: return After(bound, true);
    case ExpressionType::COMPARE_LESSTHAN: return Before(bound, false);
    case ExpressionType::COMPARE_LESSTHANOREQUALTO: return Before(bound, true);
    default: return {};
  }
}

TimeRange RangeOf(const duckdb::vector<duckdb::unique_ptr<Expression>>& filters,
                  const IsTimeColumn& is_time) {
  TimeRange range;
  for (const auto& filter : filters) range.Intersect(RangeOfOne(*filter, is_time));
  return range;
}

}  // namespace tidemill::sql
