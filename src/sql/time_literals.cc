#include "sql/time_literals.h"

#include <optional>

#include "base/timestamp.h"
#include "duckdb/parser/expression/between_expression.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/comparison_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/operator_expression.hpp"
#include "model/schema.h"

namespace tidemill::sql {
namespace {

using duckdb::ExpressionClass;
using duckdb::ParsedExpression;
using Owned = duckdb::unique_ptr<ParsedExpression>;

bool IsTime(const ParsedExpression& expression) {
  return expression.GetExpressionClass() == ExpressionClass::COLUMN_REF &&
         expression.Cast<duckdb::ColumnRefExpression>().GetColumnName() == model::kTimeColumnName;
}

std::optional<std::int64_t> Nanos(const duckdb::Value& value) {
  if (value.IsNull()) return std::nullopt;
  if (value.type().id() == duckdb::LogicalTypeId::VARCHAR) {
    const auto parsed = ParseTimestamp(duckdb::StringValue::Get(value));
    if (!parsed.ok()) return std::nullopt;
    return parsed->nanos();
  }
  if (value.type().id() == duckdb::LogicalTypeId::BIGINT ||
      value.type().id() == duckdb::LogicalTypeId::INTEGER) {
    return value.GetValue<std::int64_t>();
  }
  return std::nullopt;
}

void TypeLiteral(Owned& expression) {
  // "-1" is parsed as a call of "-".
  if (expression->GetExpressionClass() == ExpressionClass::FUNCTION) {
    const auto& call = expression->Cast<duckdb::FunctionExpression>();
    if (call.function_name != "-" || call.children.size() != 1 ||
        call.children[0]->GetExpressionClass() != ExpressionClass::CONSTANT) {
      return;
    }
    const auto& value = call.children[0]->Cast<duckdb::ConstantExpression>().value;
    const auto nanos = value.type().IsIntegral() ? Nanos(value) : std::nullopt;
    if (!nanos) return;
    expression = duckdb::make_uniq<duckdb::ConstantExpression>(
        duckdb::Value::TIMESTAMPNS(duckdb::timestamp_ns_t(-*nanos)));
    return;
  }
  if (expression->GetExpressionClass() != ExpressionClass::CONSTANT) return;
  auto& value = expression->Cast<duckdb::ConstantExpression>().value;
  if (const auto nanos = Nanos(value)) {
    value = duckdb::Value::TIMESTAMPNS(duckdb::timestamp_ns_t(*nanos));
  }
}

}  // namespace

void TypeTimeLiterals(ParsedExpression& expression) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::COMPARISON: {
      auto& comparison = expression.Cast<duckdb::ComparisonExpression>();
      if (IsTime(*comparison.left)) TypeLiteral(comparison.right);
      if (IsTime(*comparison.right)) TypeLiteral(comparison.left);
      return;
    }
    case ExpressionClass::BETWEEN: {
      auto& between = expression.Cast<duckdb::BetweenExpression>();
      if (!IsTime(*between.input)) return;
      TypeLiteral(between.lower);
      TypeLiteral(between.upper);
      return;
    }
    case ExpressionClass::OPERATOR: {
      auto& in = expression.Cast<duckdb::OperatorExpression>();
      const bool is_in = in.GetExpressionType() == duckdb::ExpressionType::COMPARE_IN ||
                         in.GetExpressionType() == duckdb::ExpressionType::COMPARE_NOT_IN;
      if (!is_in || !IsTime(*in.children.front())) return;
      for (std::size_t i = 1; i < in.children.size(); ++i) TypeLiteral(in.children[i]);
      return;
    }
    default: return;
  }
}

}  // namespace tidemill::sql
