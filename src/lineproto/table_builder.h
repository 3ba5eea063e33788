// The rows of one table while its lines are read: columns, tag values, series.
//
// Names are known here as soon as a line shows them, but a column exists only when a whole, good
// line has put a value in it: what a wrong line brought is never seen outside.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lineproto/hash.h"
#include "lineproto/name_table.h"
#include "lineproto/parser.h"

namespace tidemill::lineproto {

// What one line says, before it is known to be good.
struct LineTag {
  std::uint32_t name = 0;  // in the table's tag names
  Token value;
};
struct LineField {
  std::uint32_t name = 0;    // in the table's field names
  std::uint32_t column = 0;  // as FindFieldColumn says
  model::DataType type = model::DataType::kFloat64;
  bool has_escape = false;
  std::uint64_t word = 0;  // numbers and booleans
  std::string_view text;   // strings, raw
};
struct LinePlace {
  std::uint32_t number = 0;
  std::uint32_t offset = 0;
};

class TableBuilder {
 public:
  TableBuilder(std::string_view name, const TextHash& hash);

  std::string_view name() const { return table_.name; }
  NameTable& tag_names() { return tag_names_; }
  NameTable& field_names() { return field_names_; }
  std::size_t rows() const { return table_.rows.rows(); }
  // Makes room for about so many rows at once, so that columns need not grow step by step. A guess:
  // more or fewer may come.
  void ExpectRows(std::size_t rows);

  // Cells that hold a value or its absence: what the columns cost in memory.
  std::size_t cells() const;
  // The same after one more series and one more row with so many new columns.
  std::size_t CellsWith(std::size_t new_tags, std::size_t new_fields) const;

  static constexpr std::uint32_t kNoColumn = UINT32_MAX;
  std::uint32_t FindTagColumn(std::uint32_t name) const {
    return name < tag_columns_.size() ? tag_columns_[name] : kNoColumn;
  }
  std::uint32_t FindFieldColumn(std::uint32_t name, model::DataType type) const {
    return name < field_columns_.size() ? field_columns_[name][static_cast<std::size_t>(type)]
                                        : kNoColumn;
  }

  // A new series of the block.
  std::uint32_t AddSeries(std::span<const LineTag> tags);
  void AddRow(std::uint32_t series, std::span<const LineField> fields, std::int64_t time,
              LinePlace line);

  // Fills the columns up to the last row and hands the table over.
  ParsedTable Finish();

 private:
  static constexpr std::size_t kFieldTypes = 5;

  // Finds the code of a value among those of one tag: open addressing, at most half full.
  struct ValueSlot {
    std::uint32_t hash = 0;
    std::uint32_t code = 0;  // 0: free
  };
  using ValueIndex = std::vector<ValueSlot>;

  std::uint32_t TagColumnOf(std::uint32_t name);
  std::uint32_t AddFieldColumn(std::uint32_t name, model::DataType type);
  std::uint32_t InternValue(std::uint32_t column, std::string_view value);
  static void Grow(ValueIndex& index);
  void WidenSeriesCodes();

  const TextHash hash_;
  NameTable tag_names_;
  NameTable field_names_;
  ParsedTable table_;
  std::vector<std::uint32_t> tag_columns_;                             // by tag name
  std::vector<std::array<std::uint32_t, kFieldTypes>> field_columns_;  // by field name, then type
  std::vector<ValueIndex> value_indexes_;                              // by tag column
  std::size_t rows_expected_ = 0;
  std::size_t codes_stride_ = 0;  // codes per series in rows.series_codes, at least one per tag
};

}  // namespace tidemill::lineproto
