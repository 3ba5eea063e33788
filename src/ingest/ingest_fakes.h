// For tests of ingest/: a catalog in memory, and rows as text.
#pragma once

#include <algorithm>
#include <bit>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/change.h"
#include "catalog/snapshot.h"
#include "columnar/row_block.h"
#include "ingest/validator.h"
#include "lineproto/parser.h"
#include "model/limits.h"
#include "model/names.h"

namespace tidemill::ingest {

using SnapshotPtr = std::shared_ptr<const catalog::Snapshot>;

// As after the first start: `_internal` is there.
inline SnapshotPtr FirstSnapshot() {
  auto snapshot = std::make_shared<catalog::Snapshot>();
  auto internal = std::make_shared<catalog::Database>();
  internal->id = DatabaseId(snapshot->next_database++);
  internal->name = model::kInternalDatabase;
  snapshot->databases[internal->name] = internal;
  snapshot->databases_by_id[internal->id] = internal;
  return snapshot;
}

inline SnapshotPtr Extended(const SnapshotPtr& before, std::string database,
                            std::vector<catalog::TableDelta> tables,
                            const model::Limits& limits = {}) {
  return catalog::Apply(
             *before,
             catalog::ExtendSchema{.database = std::move(database), .tables = std::move(tables)},
             limits)
      .value();
}

// "host=a v=1.5 @5": columns by id turned back into names, in order of names.
inline std::vector<std::string> RowTexts(const columnar::RowBlock& block,
                                         const catalog::Table& table) {
  std::vector<std::string> rows;
  for (std::size_t row = 0; row < block.rows(); ++row) {
    std::vector<std::string> cells;
    const auto add = [&](ColumnId id, const std::string& value) {
      const model::Column* column = table.schema.Find(id);
      cells.push_back((column == nullptr ? "?" : column->name) + "=" + value);
    };
    for (std::size_t tag = 0; tag < block.tags.size(); ++tag) {
      const std::uint32_t code = block.Code(block.row_series[row], tag);
      if (code != 0) add(block.tags[tag].column, std::string(block.tags[tag].values[code - 1]));
    }
    for (const columnar::FieldColumn& field : block.fields) {
      if (!field.HasValue(row)) continue;
      if (field.type == model::DataType::kString) {
        add(field.column, "\"" + std::string(field.strings[row]) + "\"");
      } else if (field.type == model::DataType::kFloat64) {
        std::string text = std::to_string(std::bit_cast<double>(field.words[row]));
        text.resize(text.find_last_not_of('0') + 1);
        add(field.column, text);
      } else {
        add(field.column, std::to_string(field.words[row]));
      }
    }
    std::sort(cells.begin(), cells.end());
    std::string text;
    for (const std::string& cell : cells) text += cell + " ";
    rows.push_back(text + "@" + std::to_string(block.times[row]));
  }
  return rows;
}

}  // namespace tidemill::ingest
