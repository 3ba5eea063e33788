#include "sql/tag_filter.h"

#include <algorithm>
#include <utility>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"

namespace tidemill::sql {
namespace {

using columnar::Generation;
using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::ExpressionType;

std::optional<ColumnId> TagIn(const Expression& expression, const TagOf& tag_of) {
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF) return std::nullopt;
  const auto& binding = expression.Cast<duckdb::BoundColumnRefExpression>().binding;
  return tag_of(binding.table_index, binding.column_index);
}

std::optional<std::string> TextIn(const Expression& expression) {
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return std::nullopt;
  const duckdb::Value& value = expression.Cast<duckdb::BoundConstantExpression>().value;
  if (value.IsNull() || value.type().id() != duckdb::LogicalTypeId::VARCHAR) return std::nullopt;
  return duckdb::StringValue::Get(value);
}

std::optional<TagCondition> FromEquality(const Expression& filter, const TagOf& tag_of) {
  const auto& comparison = filter.Cast<duckdb::BoundComparisonExpression>();
  if (comparison.GetExpressionType() != ExpressionType::COMPARE_EQUAL) return std::nullopt;
  const Expression* sides[] = {comparison.left.get(), comparison.right.get()};
  if (!TagIn(*sides[0], tag_of)) std::swap(sides[0], sides[1]);
  const auto tag = TagIn(*sides[0], tag_of);
  const auto text = TextIn(*sides[1]);
  if (!tag || !text) return std::nullopt;
  return TagCondition{*tag, {*text}};
}

std::optional<TagCondition> FromIn(const Expression& filter, const TagOf& tag_of) {
  const auto& in = filter.Cast<duckdb::BoundOperatorExpression>();
  if (in.GetExpressionType() != ExpressionType::COMPARE_IN) return std::nullopt;
  const auto tag = TagIn(*in.children.front(), tag_of);
  if (!tag) return std::nullopt;
  TagCondition condition{*tag, {}};
  for (std::size_t i = 1; i < in.children.size(); ++i) {
    auto text = TextIn(*in.children[i]);
    if (!text) return std::nullopt;
    condition.values.insert(std::move(*text));
  }
  return condition;
}

void Collect(const Expression& filter, const TagOf& tag_of, std::vector<TagCondition>& out) {
  std::optional<TagCondition> condition;
  if (filter.GetExpressionClass() == ExpressionClass::BOUND_COMPARISON) {
    condition = FromEquality(filter, tag_of);
  } else if (filter.GetExpressionClass() == ExpressionClass::BOUND_OPERATOR) {
    condition = FromIn(filter, tag_of);
  } else if (filter.GetExpressionType() == ExpressionType::CONJUNCTION_AND) {
    for (const auto& child : filter.Cast<duckdb::BoundConjunctionExpression>().children) {
      Collect(*child, tag_of, out);
    }
  }
  if (condition) out.push_back(std::move(*condition));
}

// Per code of the tag, whether its value is wanted; code 0 (no value) never is.
std::vector<std::uint8_t> CodesThatMatch(const columnar::TagDictionary& dictionary,
                                         std::uint32_t size, const TagCondition& condition) {
  std::vector<std::uint8_t> matches(size + 1, 0);
  for (std::uint32_t code = 1; code <= size; ++code) {
    matches[code] = condition.values.contains(dictionary.Value(code)) ? 1 : 0;
  }
  return matches;
}

}  // namespace

std::vector<TagCondition> TagConditionsOf(
    const duckdb::vector<duckdb::unique_ptr<Expression>>& filters, const TagOf& tag_of) {
  std::vector<TagCondition> conditions;
  for (const auto& filter : filters) Collect(*filter, tag_of, conditions);
  return conditions;
}

std::vector<std::uint8_t> SeriesThatMatch(const Generation& generation,
                                          const std::vector<std::uint32_t>& dictionary_sizes,
                                          std::uint32_t series_count,
                                          const std::vector<TagCondition>& conditions) {
  std::vector<std::uint8_t> matches(series_count, 1);
  for (const TagCondition& condition : conditions) {
    const auto found = std::ranges::find(generation.tags(), condition.tag);
    if (found == generation.tags().end()) return std::vector<std::uint8_t>(series_count, 0);
    const auto tag = static_cast<std::size_t>(found - generation.tags().begin());
    const auto codes = CodesThatMatch(generation.dictionary(tag), dictionary_sizes[tag], condition);
    for (std::uint32_t series = 0; series < series_count; ++series) {
      matches[series] &= codes[generation.Code(series, tag)];
    }
  }
  return matches;
}

}  // namespace tidemill::sql
