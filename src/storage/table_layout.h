// A table's columns as the buffer needs them: tags and fields in creation order, found by id.
//
// Made from the catalog's table and kept until the catalog hands out another one.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "catalog/snapshot.h"
#include "columnar/chunk.h"
#include "columnar/row_block.h"

namespace tidemill::storage {

class TableLayout {
 public:
  explicit TableLayout(std::shared_ptr<const catalog::Table> table);

  const std::shared_ptr<const catalog::Table>& table() const { return table_; }
  const std::vector<ColumnId>& tags() const { return tags_; }
  const std::vector<columnar::ChunkColumn>& fields() const { return fields_; }
  // The place of a tag in tags(). The tag must be one of them.
  std::uint32_t TagIndex(ColumnId tag) const { return tag_index_.at(tag); }

  // Every column of `block` is a column of the table, of the same kind and type. Error: kCorrupt.
  Status CheckFits(const columnar::RowBlock& block) const;

 private:
  std::shared_ptr<const catalog::Table> table_;
  std::vector<ColumnId> tags_;
  std::vector<columnar::ChunkColumn> fields_;
  std::unordered_map<ColumnId, std::uint32_t> tag_index_;
  std::unordered_map<ColumnId, model::DataType> field_types_;
};

}  // namespace tidemill::storage
