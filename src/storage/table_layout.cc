#include "storage/table_layout.h"

#include <fmt/format.h>

#include <utility>

namespace tidemill::storage {

TableLayout::TableLayout(std::shared_ptr<const catalog::Table> table) : table_(std::move(table)) {
  for (const model::Column& column : table_->schema.columns) {
    if (column.kind == model::ColumnKind::kTag) {
      tag_index_.emplace(column.id, static_cast<std::uint32_t>(tags_.size()));
      tags_.push_back(column.id);
    } else {
      field_types_.emplace(column.id, column.type);
      fields_.push_back({column.id, column.type});
    }
  }
}

Status TableLayout::CheckFits(const columnar::RowBlock& block) const {
  for (const columnar::TagColumn& tag : block.tags) {
    if (!tag_index_.contains(tag.column)) {
      return CorruptError(fmt::format("table '{}' (id {}) has no tag with id {}", table_->name,
                                      table_->id.value(), tag.column.value()));
    }
  }
  for (const columnar::FieldColumn& field : block.fields) {
    const auto found = field_types_.find(field.column);
    if (found == field_types_.end() || found->second != field.type) {
      return CorruptError(fmt::format("table '{}' (id {}) has no field with id {} of type {}",
                                      table_->name, table_->id.value(), field.column.value(),
                                      model::ArrowTypeName(model::ColumnKind::kField, field.type)));
    }
  }
  return Ok();
}

}  // namespace tidemill::storage
