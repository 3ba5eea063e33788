// arrow_typeof(x), and tidemill_like(value, sample): the value in the sample's integer type.
#include <cmath>

#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "sql/functions/functions.h"
#include "sql/value_types.h"

namespace tidemill::sql {
namespace {

using duckdb::LogicalType;

duckdb::unique_ptr<duckdb::Expression> NameType(duckdb::FunctionBindExpressionInput& input) {
  const std::string name = ArrowNameOf(input.children.front()->return_type);
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(name));
}

// Only reached when the expression was not replaced at bind time, which bind_expression does.
void NeverRun(duckdb::DataChunk&, duckdb::ExpressionState&, duckdb::Vector&) {
  throw duckdb::InternalException("arrow_typeof was not bound");
}

duckdb::unique_ptr<duckdb::FunctionData> TakeType(
    duckdb::ClientContext&, duckdb::ScalarFunction& function,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& arguments) {
  const LogicalType& sample = arguments[1]->return_type;
  function.arguments = {arguments[0]->return_type, sample};
  function.return_type = sample.IsIntegral() ? sample : arguments[0]->return_type;
  return nullptr;
}

void CastLike(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::Vector& value = arguments.data[0];
  if (result.GetType() == value.GetType()) {
    result.Reference(value);
    return;
  }
  if (value.GetType().id() == duckdb::LogicalTypeId::DOUBLE) {
    // Between two integers the smaller is taken, as integer division would.
    duckdb::Vector whole(LogicalType::DOUBLE);
    duckdb::UnaryExecutor::Execute<double, double>(value, whole, arguments.size(),
                                                   [](double x) { return std::trunc(x); });
    duckdb::VectorOperations::DefaultCast(whole, result, arguments.size());
    return;
  }
  duckdb::VectorOperations::DefaultCast(value, result, arguments.size());
}

}  // namespace

void RegisterTypeFunctions(duckdb::ExtensionLoader& loader) {
  duckdb::ScalarFunction type_of("tidemill_arrow_typeof", {LogicalType::ANY}, LogicalType::VARCHAR,
                                 NeverRun);
  type_of.bind_expression = NameType;
  type_of.null_handling = duckdb::FunctionNullHandling::SPECIAL_HANDLING;
  loader.RegisterFunction(type_of);
  loader.RegisterFunction(duckdb::ScalarFunction(
      "tidemill_like", {LogicalType::ANY, LogicalType::ANY}, LogicalType::ANY, CastLike, TakeType));
}

}  // namespace tidemill::sql
