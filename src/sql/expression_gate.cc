#include "sql/expression_gate.h"

#include <utility>

#include "base/overload.h"
#include "base/strings.h"
#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/operator_expression.hpp"
#include "duckdb/parser/expression/parameter_expression.hpp"
#include "duckdb/parser/expression/subquery_expression.hpp"
#include "duckdb/parser/expression/window_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "model/schema.h"
#include "sql/allowed_functions.h"
#include "sql/time_literals.h"
#include "sql/value_types.h"

namespace tidemill::sql {
namespace {

using duckdb::ConstantExpression;
using duckdb::ExpressionClass;
using duckdb::FunctionExpression;
using duckdb::LogicalTypeId;
using duckdb::make_uniq;
using duckdb::ParsedExpression;
using duckdb::Value;
using Owned = ExpressionGate::Owned;

const AllowedFunction& RequireFunction(const std::string& written) {
  const std::string name = ToLowerAscii(written);
  if (const AllowedFunction* function = FindFunction(name)) return *function;
  std::string message = "function '" + name + "' is not available";
  if (!IsRefusedFunction(name)) {
    if (const auto near = NearestName(name, AllowedFunctionNames())) {
      message += ", did you mean '" + *near + "'?";
    }
  }
  Refuse(std::move(message));
}

// The one literal text among a call's arguments at `index`, or nullptr.
const Value* TextArgument(const FunctionExpression& call, std::size_t index) {
  if (index >= call.children.size()) return nullptr;
  const ParsedExpression& argument = *call.children[index];
  if (argument.GetExpressionClass() != ExpressionClass::CONSTANT) return nullptr;
  const Value& value = argument.Cast<ConstantExpression>().value;
  return value.type().id() == LogicalTypeId::VARCHAR && !value.IsNull() ? &value : nullptr;
}

Owned ArrowCast(FunctionExpression& call) {
  const Value* name = TextArgument(call, 1);
  if (call.children.size() != 2 || name == nullptr) {
    Refuse("arrow_cast: expected a value and the name of a type, as in arrow_cast(x, 'Int64')");
  }
  const auto type = ParseArrowName(duckdb::StringValue::Get(*name));
  if (!type) {
    Refuse("arrow_cast: unknown type '" + duckdb::StringValue::Get(*name) +
           "', expected a name like 'Int64', 'UInt64', 'Float64', 'Utf8', 'Boolean' or "
           "'Timestamp(Nanosecond, None)'");
  }
  return make_uniq<duckdb::CastExpression>(*type, std::move(call.children[0]));
}

// first_value(x ORDER BY t): the value at the smallest t, without sorting.
Owned ValueAtEnd(FunctionExpression& call, bool is_first) {
  const bool has_one_order = call.order_bys != nullptr && call.order_bys->orders.size() == 1;
  if (call.children.size() != 1 || !has_one_order || call.distinct) return nullptr;
  duckdb::OrderByNode& order = call.order_bys->orders.front();
  const bool is_descending = order.type == duckdb::OrderType::DESCENDING;
  call.function_name = is_first != is_descending ? "arg_min_null" : "arg_max_null";
  call.children.push_back(std::move(order.expression));
  call.order_bys->orders.clear();
  return nullptr;
}

// The macro that keeps the input's type knows neither FILTER nor DISTINCT nor ORDER BY.
Owned Median(FunctionExpression& call) {
  const bool is_plain = call.filter == nullptr && !call.distinct &&
                        (call.order_bys == nullptr || call.order_bys->orders.empty());
  if (is_plain) call.function_name = "tidemill_median";
  return nullptr;
}

// approx_percentile_cont(x, p[, centroids]): DuckDB wants a FLOAT, and chooses the centroids
// itself.
Owned ApproxQuantile(FunctionExpression& call) {
  if (call.children.size() == 3) call.children.pop_back();
  if (call.children.size() == 2) {
    call.children[1] =
        make_uniq<duckdb::CastExpression>(duckdb::LogicalType::FLOAT, std::move(call.children[1]));
  }
  return nullptr;
}

Owned MatchesWithoutCase(FunctionExpression& call, bool is_negated) {
  call.children.push_back(make_uniq<ConstantExpression>(Value("i")));
  call.is_operator = false;
  if (!is_negated) return nullptr;
  return make_uniq<duckdb::OperatorExpression>(duckdb::ExpressionType::OPERATOR_NOT, call.Copy());
}

// named_struct('a', x, 'b', y): the values with their names as aliases.
Owned NamedStruct(FunctionExpression& call) {
  duckdb::vector<Owned> fields;
  for (std::size_t i = 0; i + 1 < call.children.size(); i += 2) {
    const Value* name = TextArgument(call, i);
    if (name == nullptr) break;
    call.children[i + 1]->SetAlias(duckdb::StringValue::Get(*name));
    fields.push_back(std::move(call.children[i + 1]));
  }
  if (call.children.empty() || fields.size() * 2 != call.children.size()) {
    Refuse("named_struct: expected names and values in turn, as in named_struct('a', 1, 'b', 2)");
  }
  call.children = std::move(fields);
  return nullptr;
}

// Whole numbers are 64 bits wide and fractions are doubles.
void WidenLiteral(Value& value) {
  if (value.type().id() == LogicalTypeId::INTEGER) {
    value = Value::BIGINT(value.GetValue<std::int64_t>());
  } else if (value.type().id() == LogicalTypeId::DECIMAL) {
    value = value.DefaultCastAs(duckdb::LogicalType::DOUBLE);
  }
}

// Inside a cast the type is given, and a decimal may be wanted as it stands.
bool IsUntouchedLiteral(const ParsedExpression& parent) {
  return parent.GetExpressionClass() == ExpressionClass::CAST;
}

}  // namespace

void Refuse(std::string message) { throw Refused{InvalidError(std::move(message))}; }

void ExpressionGate::AddColumn(const ScanColumn& column) {
  columns_.insert(column.name);
  has_time_ = has_time_ || (column.name == model::kTimeColumnName &&
                            column.type.id() == LogicalTypeId::TIMESTAMP_NS);
}

void ExpressionGate::WalkChildren(ParsedExpression& expression, const WalkQuery& walk_query) {
  duckdb::ParsedExpressionIterator::EnumerateChildren(expression, [&](Owned& child) {
    if (child->GetExpressionClass() == ExpressionClass::CONSTANT &&
        IsUntouchedLiteral(expression)) {
      return;
    }
    Walk(child, walk_query);
  });
}

void ExpressionGate::Walk(Owned& expression, const WalkQuery& walk_query) {
  WalkChildren(*expression, walk_query);
  Owned replacement;
  switch (expression->GetExpressionClass()) {
    case ExpressionClass::FUNCTION:
      replacement = RewriteCall(expression->Cast<FunctionExpression>());
      break;
    case ExpressionClass::WINDOW: {
      auto& window = expression->Cast<duckdb::WindowExpression>();
      const AllowedFunction& function = RequireFunction(window.function_name);
      if (window.GetExpressionType() == duckdb::ExpressionType::WINDOW_AGGREGATE) {
        window.function_name = std::string(function.inner);
      }
      break;
    }
    case ExpressionClass::PARAMETER:
      replacement = ParameterValue(expression->Cast<duckdb::ParameterExpression>().identifier);
      break;
    case ExpressionClass::SUBQUERY:
      walk_query(expression->Cast<duckdb::SubqueryExpression>().subquery->node);
      break;
    case ExpressionClass::CAST: {
      auto& type = expression->Cast<duckdb::CastExpression>().cast_type;
      if (type.id() == LogicalTypeId::TIMESTAMP) type = duckdb::LogicalType::TIMESTAMP_NS;
      break;
    }
    case ExpressionClass::CONSTANT:
      WidenLiteral(expression->Cast<ConstantExpression>().value);
      break;
    case ExpressionClass::COLUMN_REF:
      replacement = RewriteColumn(expression->Cast<duckdb::ColumnRefExpression>());
      break;
    default:
      if (has_time_) TypeTimeLiterals(*expression);
      break;
  }
  if (replacement != nullptr) {
    replacement->SetAlias(expression->GetAlias());
    replacement->SetQueryLocation(expression->GetQueryLocation());
    expression = std::move(replacement);
  }
}

// Tables have no schema once they are scans. Some keywords are parsed as columns.
Owned ExpressionGate::RewriteColumn(duckdb::ColumnRefExpression& column) {
  auto& path = column.column_names;
  if (path.size() > 3 && path.front() == "public") path.erase(path.begin());
  if (path.size() > 2 && schemas_.contains(path.front())) path.erase(path.begin());
  if (path.size() > 1 || columns_.contains(path.front())) return nullptr;
  if (path.front() == "current_date") return Today();
  if (path.front() == "current_timestamp" || path.front() == "localtimestamp") return Now();
  return nullptr;
}

Owned ExpressionGate::RewriteCall(FunctionExpression& call) {
  const AllowedFunction& function = RequireFunction(call.function_name);
  call.catalog.clear();
  call.schema.clear();
  call.function_name = std::string(function.inner);
  if (call.function_name == "coalesce") {
    return make_uniq<duckdb::OperatorExpression>(duckdb::ExpressionType::OPERATOR_COALESCE,
                                                 std::move(call.children));
  }
  switch (function.rewrite) {
    case CallRewrite::kNone: return nullptr;
    case CallRewrite::kNow: return Now();
    case CallRewrite::kToday: return Today();
    case CallRewrite::kArrowCast: return ArrowCast(call);
    case CallRewrite::kApproxMedian:
      call.children.push_back(make_uniq<ConstantExpression>(Value::FLOAT(0.5)));
      return nullptr;
    case CallRewrite::kApproxQuantile: return ApproxQuantile(call);
    case CallRewrite::kMedian: return Median(call);
    case CallRewrite::kFirstValue: return ValueAtEnd(call, true);
    case CallRewrite::kLastValue: return ValueAtEnd(call, false);
    case CallRewrite::kMatchesWithoutCase: return MatchesWithoutCase(call, false);
    case CallRewrite::kMatchesNotWithoutCase: return MatchesWithoutCase(call, true);
    case CallRewrite::kNamedStruct: return NamedStruct(call);
  }
  return nullptr;
}

Owned ExpressionGate::ParameterValue(const std::string& name) const {
  for (const auto& [given, parameter] : statement_.parameters) {
    if (given != name) continue;
    return make_uniq<ConstantExpression>(
        std::visit(Overload{[](std::monostate) { return Value(); },
                            [](bool value) { return Value::BOOLEAN(value); },
                            [](std::int64_t value) { return Value::BIGINT(value); },
                            [](std::uint64_t value) { return Value::UBIGINT(value); },
                            [](double value) { return Value::DOUBLE(value); },
                            [](const std::string& value) { return Value(value); }},
                   parameter));
  }
  Refuse("parameter $" + name + " has no value: add '" + name + "' to the parameters");
}

Owned ExpressionGate::Now() const {
  return make_uniq<ConstantExpression>(Value::TIMESTAMPNS(duckdb::timestamp_ns_t(now_.nanos())));
}

Owned ExpressionGate::Today() const {
  const CivilTime civil = ToCivil(now_);
  return make_uniq<ConstantExpression>(Value::DATE(civil.year, civil.month, civil.day));
}

}  // namespace tidemill::sql
