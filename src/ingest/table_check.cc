#include "ingest/table_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "ingest/column_finder.h"
#include "ingest/rejected_line.h"
#include "model/limits.h"

namespace tidemill::ingest {
namespace {

using lineproto::ParsedTable;
using model::Column;
using model::ColumnKind;
using model::DataType;

bool Fits(const Column& column, ColumnKind kind, DataType type) {
  return column.kind == kind && column.type == type;
}

// The ids of all columns, when all are known and fit; else false.
bool FindAll(const ParsedTable& parsed, ColumnFinder& finder, TableVerdict& verdict) {
  const auto find = [&](std::string_view name, ColumnKind kind, DataType type,
                        std::vector<ColumnId>& ids) {
    const Column* const column = finder.Find(name);
    if (column == nullptr || !Fits(*column, kind, type)) return false;
    ids.push_back(column->id);
    return true;
  };
  for (const std::string& name : parsed.tag_names) {
    if (!find(name, ColumnKind::kTag, DataType::kString, verdict.tags)) return false;
  }
  for (std::size_t i = 0; i < parsed.field_names.size(); ++i) {
    if (!find(parsed.field_names[i], ColumnKind::kField, parsed.rows.fields[i].type,
              verdict.fields))
      return false;
  }
  return true;
}

// Looks at one row after the other.
class RowCheck {
 public:
  RowCheck(const ParsedTable& parsed, const catalog::Table* table, std::size_t columns_max)
      : parsed_(parsed),
        columns_max_(columns_max),
        column_count_(table == nullptr ? 0 : table->schema.columns.size()) {
    ColumnFinder finder(table == nullptr ? nullptr : &table->schema);
    for (const std::string& name : parsed.tag_names) {
      tags_.push_back({NameOf(name, finder), ColumnKind::kTag, DataType::kString});
    }
    for (std::size_t i = 0; i < parsed.field_names.size(); ++i) {
      fields_.push_back(
          {NameOf(parsed.field_names[i], finder), ColumnKind::kField, parsed.rows.fields[i].type});
    }
  }

  void Run(TableVerdict& verdict) {
    const std::size_t rows = parsed_.rows.rows();
    verdict.keep.assign(rows, 1);
    for (std::size_t row = 0; row < rows; ++row) {
      brought_.clear();
      if (TakesColumns(row) && HasRoom()) {
        for (const std::size_t name : brought_) names_[name].is_settled = true;
        column_count_ += brought_.size();
        for (const std::size_t name : brought_)
          verdict.missing.push_back(NewColumnOf(names_[name]));
        ++verdict.kept_rows;
        continue;
      }
      verdict.keep[row] = 0;
      if (verdict.refused.size() < kRejectedLinesMax) {
        verdict.refused.push_back({static_cast<std::uint32_t>(row), Message(), clash_ == nullptr});
      }
    }
    for (const Use& use : tags_) verdict.tags.push_back(IdOf(use));
    for (const Use& use : fields_) verdict.fields.push_back(IdOf(use));
  }

 private:
  // A name that occurs as a tag, as a field of one type, or as several of these. Settled: by the
  // catalog, or by a row that was kept.
  struct Name {
    std::string_view text;
    bool is_settled = false;
    ColumnKind kind = ColumnKind::kField;
    DataType type = DataType::kFloat64;
    ColumnId id;                        // 0: new
    std::size_t brought_by = SIZE_MAX;  // the row that would settle it
  };
  // A column of the parsed table: one way in which a name is used.
  struct Use {
    std::size_t name = 0;
    ColumnKind kind = ColumnKind::kField;
    DataType type = DataType::kFloat64;
  };

  std::size_t NameOf(std::string_view text, ColumnFinder& finder) {
    const auto [place, is_new] = by_text_.emplace(text, names_.size());
    if (!is_new) return place->second;
    Name name;
    name.text = text;
    if (const Column* const column = finder.Find(text); column != nullptr) {
      name.is_settled = true;
      name.kind = column->kind;
      name.type = column->type;
      name.id = column->id;
    }
    names_.push_back(name);
    return place->second;
  }

  // False: clash_ is what does not fit.
  bool TakesColumns(std::size_t row) {
    const columnar::RowBlock& block = parsed_.rows;
    clash_ = nullptr;
    const std::uint32_t series = block.row_series[row];
    for (std::size_t i = 0; i < tags_.size(); ++i) {
      if (block.Code(series, i) != 0 && !Takes(tags_[i], row)) return false;
    }
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (block.fields[i].HasValue(row) && !Takes(fields_[i], row)) return false;
    }
    return true;
  }

  bool Takes(const Use& use, std::size_t row) {
    Name& name = names_[use.name];
    if (!name.is_settled && name.brought_by != row) {
      name.kind = use.kind;
      name.type = use.type;
      name.brought_by = row;
      brought_.push_back(use.name);
      return true;
    }
    if (name.kind == use.kind && name.type == use.type) return true;
    clash_ = &use;
    return false;
  }

  bool HasRoom() const {
    return brought_.empty() || column_count_ + brought_.size() <= columns_max_;
  }

  std::string Message() const {
    if (clash_ == nullptr) return model::ColumnsFull(columns_max_);
    const Name& name = names_[clash_->name];
    return fmt::format("invalid column type for column '{}', expected {}, got {}", name.text,
                       model::IoxTypeName(name.kind, name.type),
                       model::IoxTypeName(clash_->kind, clash_->type));
  }

  static catalog::NewColumn NewColumnOf(const Name& name) {
    return {.name = std::string(name.text), .kind = name.kind, .type = name.type};
  }

  ColumnId IdOf(const Use& use) const {
    const Name& name = names_[use.name];
    return name.kind == use.kind && name.type == use.type ? name.id : ColumnId();
  }

  const ParsedTable& parsed_;
  const std::size_t columns_max_;
  std::size_t column_count_;
  std::vector<Name> names_;
  std::unordered_map<std::string_view, std::size_t> by_text_;
  std::vector<Use> tags_;
  std::vector<Use> fields_;
  std::vector<std::size_t> brought_;  // names that the row under way would settle
  const Use* clash_ = nullptr;
};

}  // namespace

TableVerdict CheckTable(const ParsedTable& parsed, const catalog::Table* table,
                        std::size_t columns_max) {
  TableVerdict verdict;
  if (table != nullptr) {
    verdict.table = table->id;
    verdict.kept_rows = parsed.rows.rows();
    ColumnFinder finder(&table->schema);
    if (FindAll(parsed, finder, verdict)) return verdict;
    verdict = TableVerdict();
    verdict.table = table->id;
  }
  RowCheck(parsed, table, columns_max).Run(verdict);
  return verdict;
}

TableVerdict RefuseTable(const ParsedTable& parsed, std::size_t tables_max) {
  TableVerdict verdict;
  const std::size_t rows = parsed.rows.rows();
  verdict.tags.resize(parsed.tag_names.size());
  verdict.fields.resize(parsed.field_names.size());
  verdict.keep.assign(rows, 0);
  for (std::size_t row = 0; row < std::min(rows, kRejectedLinesMax); ++row) {
    verdict.refused.push_back({.row = static_cast<std::uint32_t>(row),
                               .message = model::TablesFull(tables_max),
                               .is_limit = true});
  }
  return verdict;
}

}  // namespace tidemill::ingest
