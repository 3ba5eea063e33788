#include "sql/scan_filters.h"

#include <optional>
#include <utility>

namespace tidemill::sql {

using duckdb::idx_t;

void Narrow(const ScanTable& table, const duckdb::LogicalGet& scan,
            const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters, TimeRange& times,
            std::vector<TagCondition>& tags) {
  const auto column_of = [&](idx_t number, idx_t column) -> const ScanColumn* {
    if (number != scan.table_index) return nullptr;
    const duckdb::column_t id = scan.GetColumnIds()[column].GetPrimaryIndex();
    return id < table.columns.size() ? &table.columns[id] : nullptr;
  };
  times.Intersect(RangeOf(filters, [&](idx_t number, idx_t column) {
    const ScanColumn* scanned = column_of(number, column);
    return scanned != nullptr && scanned->is_time;
  }));
  auto conditions =
      TagConditionsOf(filters, [&](idx_t number, idx_t column) -> std::optional<ColumnId> {
        const ScanColumn* scanned = column_of(number, column);
        if (scanned == nullptr || !scanned->is_tag) return std::nullopt;
        return scanned->id;
      });
  tags.insert(tags.end(), conditions.begin(), conditions.end());
}

duckdb::virtual_column_map_t OnlyTheEmptyColumn(duckdb::ClientContext&,
                                                duckdb::optional_ptr<duckdb::FunctionData>) {
  duckdb::virtual_column_map_t columns;
  columns.insert(
      {duckdb::COLUMN_IDENTIFIER_EMPTY, duckdb::TableColumn("", duckdb::LogicalType::BOOLEAN)});
  return columns;
}

}  // namespace tidemill::sql
