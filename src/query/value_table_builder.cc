#include "query/value_table_builder.h"

#include <utility>

#include "base/check.h"
#include "base/overload.h"

namespace tidemill::query {
namespace {

using columnar::ValueKind;
using columnar::ValueVector;

ValueKind KindOf(const Cell& cell) {
  return std::visit(Overload{
                        [](std::monostate) { return ValueKind::kNull; },
                        [](bool) { return ValueKind::kBool; },
                        [](std::int64_t) { return ValueKind::kInt64; },
                        [](std::uint64_t) { return ValueKind::kUInt64; },
                        [](const std::string&) { return ValueKind::kString; },
                        [](Timestamp) { return ValueKind::kTimestamp; },
                        [](std::chrono::nanoseconds) { return ValueKind::kInterval; },
                    },
                    cell);
}

std::uint64_t WordOf(const Cell& cell) {
  return std::visit(
      Overload{
          [](std::monostate) { return std::uint64_t{0}; },
          [](bool value) { return std::uint64_t{value}; },
          [](std::int64_t value) { return static_cast<std::uint64_t>(value); },
          [](std::uint64_t value) { return value; },
          [](const std::string&) { return std::uint64_t{0}; },
          [](Timestamp value) { return static_cast<std::uint64_t>(value.nanos()); },
          [](std::chrono::nanoseconds value) { return static_cast<std::uint64_t>(value.count()); },
      },
      cell);
}

void Append(const Cell& cell, ValueVector& out) {
  const ValueKind kind = KindOf(cell);
  CHECK(kind == ValueKind::kNull || kind == out.type.kind);
  out.valid.push_back(kind == ValueKind::kNull ? 0 : 1);
  if (out.type.kind == ValueKind::kString) {
    const auto* text = std::get_if<std::string>(&cell);
    out.strings.Append(text == nullptr ? std::string_view() : std::string_view(*text));
    return;
  }
  if (out.type.kind == ValueKind::kInterval) out.words.insert(out.words.end(), {0, 0});
  out.words.push_back(WordOf(cell));
}

}  // namespace

columnar::ValueColumn MakeColumn(std::string name, ValueKind kind) {
  columnar::ValueColumn column;
  column.name = std::move(name);
  column.type.kind = kind;
  return column;
}

ValueTableBuilder::ValueTableBuilder(std::string_view name,
                                     std::vector<columnar::ValueColumn> columns) {
  table_.name = name;
  table_.columns = std::move(columns);
  for (const columnar::ValueColumn& column : table_.columns) {
    batch_.columns.emplace_back().type = column.type;
  }
}

void ValueTableBuilder::AddRow(const std::vector<Cell>& cells) {
  CHECK(cells.size() == batch_.columns.size()) << table_.name;
  for (std::size_t i = 0; i < cells.size(); ++i) Append(cells[i], batch_.columns[i]);
  ++batch_.rows;
}

sql::ValueTable ValueTableBuilder::Finish() {
  if (batch_.rows > 0) table_.batches.push_back(std::move(batch_));
  return std::move(table_);
}

}  // namespace tidemill::query
