#include "engine/batch_builder.h"

#include <utility>

#include "base/check.h"

namespace tidemill::engine {
namespace {

// The record's catalog sequence is in the snapshot and columns are never dropped, so a column that
// is missing is a bug.
const std::string& NameOf(const catalog::Table& table, ColumnId id) {
  const model::Column* const column = table.schema.Find(id);
  CHECK(column != nullptr) << "table '" << table.name << "' has no column " << id.value();
  return column->name;
}

NamedBlock WithNames(const catalog::Table& table,
                     const std::shared_ptr<const columnar::RowBlock>& rows) {
  NamedBlock block;
  block.rows = rows;
  for (const auto& tag : rows->tags) block.tag_names.push_back(NameOf(table, tag.column));
  for (const auto& field : rows->fields) block.field_names.push_back(NameOf(table, field.column));
  return block;
}

}  // namespace

BatchBuilder::BatchBuilder(const WriteFilter& filter, std::size_t rows_max, std::size_t bytes_max)
    : filter_(filter), rows_max_(rows_max), bytes_max_(bytes_max) {}

bool BatchBuilder::Add(const wal::CommittedRecord& record, const catalog::Snapshot& catalog) {
  const std::size_t rows = RowsFor(*record.record, catalog);
  if (rows == 0) return true;
  if (batch_.empty()) {
    batch_.first_write = record.sequence;
  } else if (batch_.rows + rows > rows_max_ || batch_.bytes + record.bytes > bytes_max_) {
    return false;
  }
  ForEachWrite(*record.record, [&](const wal::RowsRecord& write) { AddWrite(write, catalog); });
  batch_.rows += rows;
  batch_.bytes += record.bytes;
  return true;
}

void BatchBuilder::AddWrite(const wal::RowsRecord& write, const catalog::Snapshot& catalog) {
  if (!filter_.TakesWrite(write)) return;
  for (const wal::TableRows& rows : write.tables) {
    const catalog::Table* const table = Wanted(rows, catalog);
    if (table == nullptr) continue;
    TableOf(*table).blocks.push_back(WithNames(*table, rows.rows));
    if (write.depth >= batch_.depth) {
      batch_.depth = write.depth;
      batch_.deepest_origin = write.origin;
    }
  }
}

TableBatch& BatchBuilder::TableOf(const catalog::Table& table) {
  const auto [place, is_new] = places_.emplace(table.id, batch_.call.tables.size());
  if (is_new) {
    TableBatch& batch = batch_.call.tables.emplace_back();
    batch.table_name = table.name;
    for (const auto& column : table.schema.columns) batch.schema_columns.push_back(column.name);
  }
  return batch_.call.tables[place->second];
}

std::size_t BatchBuilder::RowsFor(const wal::Record& record,
                                  const catalog::Snapshot& catalog) const {
  std::size_t rows = 0;
  ForEachWrite(record, [&](const wal::RowsRecord& write) {
    if (!filter_.TakesWrite(write)) return;
    for (const wal::TableRows& table : write.tables) {
      if (Wanted(table, catalog) != nullptr) rows += table.rows->rows();
    }
  });
  return rows;
}

// nullptr: a table the trigger is not for, one that was dropped since, or no rows.
const catalog::Table* BatchBuilder::Wanted(const wal::TableRows& rows,
                                           const catalog::Snapshot& catalog) const {
  if (rows.rows->rows() == 0) return nullptr;
  const auto table = catalog.tables_by_id.find(rows.table);
  if (table == catalog.tables_by_id.end()) return nullptr;
  return filter_.TakesTable(table->second->name) ? table->second.get() : nullptr;
}

Batch BatchBuilder::Take(wal::SequenceRange range, bool reached_end) {
  batch_.range = range;
  batch_.reached_end = reached_end;
  return std::move(batch_);
}

}  // namespace tidemill::engine
