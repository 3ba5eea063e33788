#include "sql/gap_fill.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "duckdb/parser/expression/list.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/query_node/list.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/list.hpp"
#include "model/schema.h"
#include "sql/expression_gate.h"

namespace tidemill::sql {
namespace {

using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using duckdb::FunctionExpression;
using duckdb::make_uniq;
using duckdb::ParsedExpression;
using duckdb::SelectNode;
using Owned = duckdb::unique_ptr<ParsedExpression>;

// ---- Looking

bool IsCall(const ParsedExpression& expression, std::string_view name) {
  return expression.GetExpressionClass() == ExpressionClass::FUNCTION &&
         expression.Cast<FunctionExpression>().function_name == name;
}

bool HoldsCall(const ParsedExpression& expression, std::string_view name) {
  if (IsCall(expression, name)) return true;
  bool holds = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const ParsedExpression& child) { holds = holds || HoldsCall(child, name); });
  return holds;
}

bool HoldsColumn(const ParsedExpression& expression) {
  if (expression.GetExpressionClass() == ExpressionClass::COLUMN_REF) return true;
  bool holds = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const ParsedExpression& child) { holds = holds || HoldsColumn(child); });
  return holds;
}

bool IsTime(const ParsedExpression& expression) {
  return expression.GetExpressionClass() == ExpressionClass::COLUMN_REF &&
         expression.Cast<duckdb::ColumnRefExpression>().GetColumnName() == model::kTimeColumnName;
}

// ---- The bounds of time in WHERE

struct Bounds {
  Owned low;
  Owned high;
  bool is_high_included = false;
};

class BoundFinder {
 public:
  Bounds Find(const ParsedExpression* where) {
    if (where != nullptr) Visit(*where);
    if (bounds_.low == nullptr) Miss("lower", ">= now() - INTERVAL '1 hour'");
    if (bounds_.high == nullptr) Miss("upper", "< now()");
    return std::move(bounds_);
  }

 private:
  [[noreturn]] static void Miss(const std::string& which, const std::string& example) {
    Refuse("gap-filling query is missing " + which +
           " time bound: add one to WHERE, such as time " + example);
  }

  void Visit(const ParsedExpression& condition) {
    switch (condition.GetExpressionClass()) {
      case ExpressionClass::CONJUNCTION:
        if (condition.GetExpressionType() != ExpressionType::CONJUNCTION_AND) return;
        for (const Owned& part : condition.Cast<duckdb::ConjunctionExpression>().children) {
          Visit(*part);
        }
        return;
      case ExpressionClass::BETWEEN: {
        const auto& between = condition.Cast<duckdb::BetweenExpression>();
        if (!IsTime(*between.input)) return;
        SetLow(*between.lower);
        SetHigh(*between.upper, true);
        return;
      }
      case ExpressionClass::COMPARISON: {
        const auto& comparison = condition.Cast<duckdb::ComparisonExpression>();
        const ExpressionType type = condition.GetExpressionType();
        if (IsTime(*comparison.left)) Compare(type, *comparison.right);
        if (IsTime(*comparison.right)) {
          Compare(duckdb::FlipComparisonExpression(type), *comparison.left);
        }
        return;
      }
      default: return;
    }
  }

  // `time` stands on the left.
  void Compare(ExpressionType type, const ParsedExpression& bound) {
    switch (type) {
      case ExpressionType::COMPARE_EQUAL:
        SetLow(bound);
        SetHigh(bound, true);
        return;
      // A time just above the bound is in the same bin as the bound itself.
      case ExpressionType::COMPARE_GREATERTHAN:
      case ExpressionType::COMPARE_GREATERTHANOREQUALTO: return SetLow(bound);
      case ExpressionType::COMPARE_LESSTHAN: return SetHigh(bound, false);
      case ExpressionType::COMPARE_LESSTHANOREQUALTO: return SetHigh(bound, true);
      default: return;
    }
  }

  void SetLow(const ParsedExpression& bound) {
    if (bounds_.low == nullptr && !HoldsColumn(bound)) bounds_.low = bound.Copy();
  }
  void SetHigh(const ParsedExpression& bound, bool is_included) {
    if (bounds_.high != nullptr || HoldsColumn(bound)) return;
    bounds_.high = bound.Copy();
    bounds_.is_high_included = is_included;
  }

  Bounds bounds_;
};

// ---- Taking apart

// Names of ours, which no user's column has.
constexpr char kRows[] = "gap fill rows";
constexpr char kTime[] = "gap fill time";
std::string ColumnName(std::size_t i) { return "gap fill " + std::to_string(i); }
std::string Quoted(const std::string& name) {
  return duckdb::KeywordHelper::WriteQuoted(name, '"');
}

enum class Role { kBin, kKey, kValue, kCount, kLocf, kInterpolate };

// One output of the user's SELECT, or a key that is not among its outputs.
struct Column {
  Role role = Role::kValue;
  std::string alias;  // empty: no output
  Owned inner;        // what the grouped SELECT computes
};

class GapFill {
 public:
  explicit GapFill(SelectNode& select) : select_(select) {}

  // False: there is nothing to fill.
  bool Read() {
    for (const Owned& output : select_.select_list) AddColumn(*output);
    for (const Owned& group : select_.groups.group_expressions) AddGroup(*group);
    if (bin_.has_value()) return true;
    for (const char* call : {kGapFillCall, kInterpolateCall, kLocfCall}) {
      for (const Owned& output : select_.select_list) {
        if (HoldsCall(*output, call)) RefuseUngrouped();
      }
    }
    return false;
  }

  duckdb::unique_ptr<duckdb::QueryNode> Build(const duckdb::ParserOptions& options) {
    Bounds bounds = BoundFinder().Find(select_.where_clause.get());
    duckdb::Parser parser(options);
    parser.ParseQuery(OuterText());
    auto& statement = parser.statements.front()->Cast<duckdb::SelectStatement>();
    auto& cte = statement.node->Cast<duckdb::CTENode>();
    auto& outer = cte.child->Cast<SelectNode>();
    BinsCall(outer).children = BinsArguments(std::move(bounds));
    MoveModifiers(outer);
    cte.query = InnerSelect();
    return std::move(statement.node);
  }

 private:
  [[noreturn]] static void RefuseUngrouped() {
    Refuse(
        "date_bin_gapfill: expected as one of the outputs and in GROUP BY, as in SELECT "
        "date_bin_gapfill(INTERVAL '1 hour', time) AS t, avg(x) … GROUP BY t; interpolate and locf "
        "stand around an aggregate of that query");
  }

  void AddColumn(const ParsedExpression& output) {
    Column column{.role = Role::kValue, .alias = output.GetAlias(), .inner = output.Copy()};
    if (column.alias.empty() && output.GetExpressionClass() == ExpressionClass::COLUMN_REF) {
      column.alias = output.Cast<duckdb::ColumnRefExpression>().GetColumnName();
    }
    if (IsCall(output, kInterpolateCall) || IsCall(output, kLocfCall)) {
      column.role = IsCall(output, kLocfCall) ? Role::kLocf : Role::kInterpolate;
      auto& arguments = column.inner->Cast<FunctionExpression>().children;
      if (arguments.size() != 1) Refuse("interpolate and locf: expected one aggregate");
      Owned argument = std::move(arguments.front());
      column.inner = std::move(argument);
    } else if (IsCall(output, "count") || IsCall(output, "count_star")) {
      column.role = Role::kCount;
    }
    columns_.push_back(std::move(column));
  }

  // A place in the list of outputs, the name of one, or an expression.
  void AddGroup(const ParsedExpression& group) {
    const std::size_t found = FindColumn(group);
    if (found == columns_.size()) {
      columns_.push_back({.role = Role::kKey, .alias = "", .inner = group.Copy()});
    }
    Column& column = columns_[found];
    column.role = Role::kKey;
    if (!IsCall(*column.inner, kGapFillCall)) return;
    if (bin_.has_value() && *bin_ != found) Refuse("date_bin_gapfill: expected once in a query");
    column.role = Role::kBin;
    bin_ = found;
  }

  std::size_t FindColumn(const ParsedExpression& group) const {
    if (group.GetExpressionClass() == ExpressionClass::CONSTANT) {
      const auto& value = group.Cast<duckdb::ConstantExpression>().value;
      const bool is_place = value.type().IsIntegral() && !value.IsNull();
      const std::int64_t place = is_place ? value.GetValue<std::int64_t>() : 0;
      if (place < 1 || place > static_cast<std::int64_t>(select_.select_list.size())) {
        Refuse("GROUP BY " + group.ToString() + ": there is no output of that number");
      }
      return static_cast<std::size_t>(place - 1);
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool is_named =
          group.GetExpressionClass() == ExpressionClass::COLUMN_REF &&
          group.Cast<duckdb::ColumnRefExpression>().GetColumnName() == columns_[i].alias;
      if (is_named || columns_[i].inner->Equals(group)) return i;
    }
    return columns_.size();
  }

  // ---- Putting together

  Owned& BinCallArgument(std::size_t i) {
    return columns_[*bin_].inner->Cast<FunctionExpression>().children[i];
  }

  duckdb::vector<Owned> BinsArguments(Bounds bounds) {
    const auto& call = columns_[*bin_].inner->Cast<FunctionExpression>();
    if (call.children.size() != 2 && call.children.size() != 3) {
      Refuse("date_bin_gapfill: expected an interval, a time, and perhaps an origin");
    }
    duckdb::vector<Owned> arguments;
    arguments.push_back(BinCallArgument(0)->Copy());
    arguments.push_back(std::move(bounds.low));
    arguments.push_back(std::move(bounds.high));
    arguments.push_back(
        make_uniq<duckdb::ConstantExpression>(duckdb::Value::BOOLEAN(bounds.is_high_included)));
    if (call.children.size() == 3) {
      arguments.push_back(BinCallArgument(2)->Copy());
    } else {
      arguments.push_back(make_uniq<duckdb::ConstantExpression>(
          duckdb::Value::TIMESTAMPNS(duckdb::timestamp_ns_t(0))));
    }
    return arguments;
  }

  // The user's SELECT with date_bin, its outputs under names of ours.
  duckdb::unique_ptr<duckdb::QueryNode> InnerSelect() {
    columns_[*bin_].inner->Cast<FunctionExpression>().function_name = "tidemill_date_bin";
    auto inner = make_uniq<SelectNode>();
    inner->from_table = std::move(select_.from_table);
    inner->where_clause = std::move(select_.where_clause);
    inner->having = std::move(select_.having);
    inner->sample = std::move(select_.sample);
    duckdb::GroupingSet all;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].role == Role::kBin || columns_[i].role == Role::kKey) {
        all.insert(inner->groups.group_expressions.size());
        Owned group = columns_[i].inner->Copy();
        group->ClearAlias();
        inner->groups.group_expressions.push_back(std::move(group));
      }
      columns_[i].inner->SetAlias(ColumnName(i));
      inner->select_list.push_back(std::move(columns_[i].inner));
    }
    inner->groups.grouping_sets.push_back(std::move(all));
    return inner;
  }

  // Keys and bins make the rows; what was computed is joined to them.
  std::string OuterText() const {
    std::string outputs;
    for (std::size_t i = 0; i < select_.select_list.size(); ++i) {
      outputs += (i > 0 ? ", " : "") + Output(i) + " AS " + Quoted(columns_[i].alias);
    }
    std::string keys;
    std::string matches;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].role != Role::kKey) continue;
      const std::string name = Quoted(ColumnName(i));
      keys += (keys.empty() ? "" : ", ") + name;
      matches += " AND g." + name + " IS NOT DISTINCT FROM k." + name;
    }
    const std::string rows = Quoted(kRows);
    const std::string key_rows = keys.empty() ? "SELECT 1 FROM " + rows + " LIMIT 1"
                                              : "SELECT DISTINCT " + keys + " FROM " + rows;
    return "WITH " + rows + " AS MATERIALIZED (SELECT 1) SELECT " + outputs + " FROM (" + key_rows +
           ") AS k CROSS JOIN (SELECT unnest(tidemill_bins()) AS " + Quoted(kTime) +
           ") AS s LEFT JOIN " + rows + " AS g ON g." + Quoted(ColumnName(*bin_)) + " = s." +
           Quoted(kTime) + matches;
  }

  std::string Output(std::size_t i) const {
    const std::string name = Quoted(ColumnName(i));
    const std::string value = "g." + name;
    const std::string time = "s." + Quoted(kTime);
    const std::string known = "CASE WHEN " + value + " IS NOT NULL THEN epoch_ns(" + time + ") END";
    const auto before = [&](const std::string& x) {
      return "last_value(" + x + " IGNORE NULLS) OVER (" + Window() +
             " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)";
    };
    const auto after = [&](const std::string& x) {
      return "first_value(" + x + " IGNORE NULLS) OVER (" + Window() +
             " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)";
    };
    switch (columns_[i].role) {
      case Role::kBin: return time;
      case Role::kKey: return "k." + name;
      case Role::kValue: return value;
      case Role::kCount: return "coalesce(" + value + ", 0)";
      case Role::kLocf: return before(value);
      case Role::kInterpolate:
        return "tidemill_between(" + value + ", epoch_ns(" + time + "), " + before(value) + ", " +
               before(known) + ", " + after(value) + ", " + after(known) + ")";
    }
    return value;
  }

  std::string Window() const {
    std::string keys;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].role != Role::kKey) continue;
      keys += (keys.empty() ? "PARTITION BY k." : ", k.") + Quoted(ColumnName(i));
    }
    return keys + " ORDER BY s." + Quoted(kTime);
  }

  // In the tree that OuterText parses to.
  static FunctionExpression& BinsCall(SelectNode& outer) {
    auto& cross = outer.from_table->Cast<duckdb::JoinRef>().left->Cast<duckdb::JoinRef>();
    auto& bins = cross.right->Cast<duckdb::SubqueryRef>().subquery->node->Cast<SelectNode>();
    auto& unnest = bins.select_list.front()->Cast<FunctionExpression>();
    return unnest.children.front()->Cast<FunctionExpression>();
  }

  // ORDER BY, LIMIT and DISTINCT are of the filled rows; an expression that is an output is meant
  // as that output.
  void MoveModifiers(SelectNode& outer) {
    bool is_ordered = false;
    for (auto& modifier : select_.modifiers) {
      if (modifier->type != duckdb::ResultModifierType::ORDER_MODIFIER) continue;
      is_ordered = true;
      for (auto& order : modifier->Cast<duckdb::OrderModifier>().orders) NameOutput(order);
    }
    if (!is_ordered) outer.modifiers.push_back(DefaultOrder());
    for (auto& modifier : select_.modifiers) outer.modifiers.push_back(std::move(modifier));
    select_.modifiers.clear();
  }

  void NameOutput(duckdb::OrderByNode& order) const {
    for (std::size_t i = 0; i < select_.select_list.size(); ++i) {
      Owned output = select_.select_list[i]->Copy();
      output->ClearAlias();
      if (!output->Equals(*order.expression)) continue;
      order.expression = make_uniq<duckdb::ColumnRefExpression>(columns_[i].alias);
      return;
    }
  }

  // By keys, then by time.
  duckdb::unique_ptr<duckdb::ResultModifier> DefaultOrder() const {
    auto order = make_uniq<duckdb::OrderModifier>();
    const auto add = [&](const char* relation, const std::string& column) {
      order->orders.emplace_back(duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_FIRST,
                                 make_uniq<duckdb::ColumnRefExpression>(column, relation));
    };
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].role == Role::kKey) add("k", ColumnName(i));
    }
    add("s", kTime);
    return order;
  }

  SelectNode& select_;
  std::vector<Column> columns_;  // the outputs, then keys that are none
  std::optional<std::size_t> bin_;
};

}  // namespace

void FillGaps(duckdb::unique_ptr<duckdb::QueryNode>& query, const duckdb::ParserOptions& options) {
  GapFill fill(query->Cast<SelectNode>());
  if (fill.Read()) query = fill.Build(options);
}

}  // namespace tidemill::sql
