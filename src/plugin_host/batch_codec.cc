#include "plugin_host/batch_codec.h"

#include "base/check.h"

namespace tidemill::plugin_host {
namespace {

void EncodeField(const columnar::FieldColumn& field, const std::string& name, PayloadWriter& out) {
  out.Text(name);
  out.Fixed(static_cast<std::uint8_t>(field.type));
  out.Bool(!field.valid.empty());
  if (!field.valid.empty()) out.Array(field.valid);
  if (field.type == model::DataType::kString) {
    out.Strings(field.strings);
  } else {
    out.Array(field.words);
  }
}

void EncodeBlock(const engine::NamedBlock& block, PayloadWriter& out) {
  const columnar::RowBlock& rows = *block.rows;
  CHECK(block.tag_names.size() == rows.tags.size()) << "every tag of a block has a name";
  CHECK(block.field_names.size() == rows.fields.size()) << "every field of a block has a name";
  out.Count(rows.rows());
  out.Fixed(rows.series_count);
  out.Count(rows.tags.size());
  out.Count(rows.fields.size());
  for (std::size_t i = 0; i < rows.tags.size(); ++i) {
    out.Text(block.tag_names[i]);
    out.Count(rows.tags[i].values.size());
    out.Strings(rows.tags[i].values);
  }
  out.Array(rows.series_codes);
  out.Array(rows.row_series);
  out.Array(rows.times);
  for (std::size_t i = 0; i < rows.fields.size(); ++i)
    EncodeField(rows.fields[i], block.field_names[i], out);
}

}  // namespace

void EncodeTables(const engine::WriteCall& call, PayloadWriter& out) {
  out.Count(call.tables.size());
  for (const engine::TableBatch& table : call.tables) {
    out.Text(table.table_name);
    out.Count(table.schema_columns.size());
    for (const std::string& column : table.schema_columns) out.Text(column);
    out.Count(table.blocks.size());
    for (const engine::NamedBlock& block : table.blocks) EncodeBlock(block, out);
  }
}

}  // namespace tidemill::plugin_host
