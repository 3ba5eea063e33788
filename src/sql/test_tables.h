// For the tests of sql/: tables with rows in buffer chunks, a resolver over them, and a result as
// text.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/timestamp.h"
#include "columnar/chunk.h"
#include "sql/engine.h"
#include "sql/ports.h"

namespace tidemill::sql::test {

using Field = std::variant<double, std::int64_t, std::uint64_t, bool, std::string>;

struct Row {
  std::int64_t time = 0;
  std::map<std::string, std::string> tags;
  std::map<std::string, Field> fields;
};

// Collects rows into chunks of one generation, with the columns given first.
class TableBuilder {
 public:
  explicit TableBuilder(std::string name) { table_.name = std::move(name); }

  TableBuilder& Tag(std::string name) {
    return Add(std::move(name), model::ColumnKind::kTag, model::DataType::kString);
  }
  TableBuilder& Column(std::string name, model::DataType type) {
    return Add(std::move(name), model::ColumnKind::kField, type);
  }
  // Rows of a new chunk.
  TableBuilder& Chunk(const std::vector<Row>& rows);
  TableBuilder& Cutoff(std::int64_t nanos) {
    table_.cutoff = Timestamp(nanos);
    return *this;
  }
  TableBuilder& File(ParquetFile file) {
    table_.files.push_back(std::move(file));
    return *this;
  }
  const StoredTable& Build() const { return table_; }

 private:
  TableBuilder& Add(std::string name, model::ColumnKind kind, model::DataType type) {
    const auto id = static_cast<std::uint32_t>(table_.schema.columns.size() + 2);
    table_.schema.columns.push_back({ColumnId(id), std::move(name), kind, type});
    return *this;
  }

  StoredTable table_;
  std::shared_ptr<columnar::Generation> generation_;
};

inline std::uint64_t Word(const Field& field) {
  return std::visit(
      [](const auto& value) -> std::uint64_t {
        using T = std::decay_t<decltype(value)>;
        std::uint64_t word = 0;
        if constexpr (!std::is_same_v<T, std::string>) {
          __builtin_memcpy(&word, &value, sizeof(value));
        }
        return word;
      },
      field);
}

inline TableBuilder& TableBuilder::Chunk(const std::vector<Row>& rows) {
  using model::ColumnKind;
  static std::uint64_t next_epoch = 1;
  std::vector<const model::Column*> tags = table_.schema.Tags();
  std::vector<ColumnId> tag_ids;
  for (const model::Column* tag : tags) tag_ids.push_back(tag->id);
  if (generation_ == nullptr || generation_->tags() != tag_ids) {
    generation_ = std::make_shared<columnar::Generation>(next_epoch++, tag_ids);
  }
  std::vector<columnar::ChunkColumn> fields;
  columnar::RowBlock block;
  for (const model::Column& column : table_.schema.columns) {
    if (column.kind != ColumnKind::kField) continue;
    fields.push_back({column.id, column.type});
    columnar::FieldColumn field;
    field.column = column.id;
    field.type = column.type;
    for (const Row& row : rows) {
      const auto found = row.fields.find(column.name);
      const bool is_set = found != row.fields.end();
      field.valid.push_back(is_set ? 1 : 0);
      if (column.type == model::DataType::kString) {
        field.strings.Append(is_set ? *std::get_if<std::string>(&found->second) : std::string());
      } else {
        field.words.push_back(is_set ? Word(found->second) : 0);
      }
    }
    block.fields.push_back(std::move(field));
  }
  columnar::ChunkSlice slice;
  std::vector<std::uint32_t> series;
  for (const Row& row : rows) {
    std::vector<std::uint32_t> codes;
    for (std::size_t i = 0; i < tags.size(); ++i) {
      const auto found = row.tags.find(tags[i]->name);
      codes.push_back(
          found == row.tags.end() ? 0 : generation_->writable_dictionary(i).Intern(found->second));
    }
    block.row_series.push_back(static_cast<std::uint32_t>(series.size()));
    series.push_back(generation_->InternSeries(codes));
    block.times.push_back(row.time);
    slice.min_time = std::min(slice.min_time, row.time);
    slice.max_time = std::max(slice.max_time, row.time);
  }
  block.series_count = static_cast<std::uint32_t>(series.size());
  auto chunk = std::make_shared<columnar::Chunk>(generation_, fields, rows.size());
  chunk->Append(block, series, 0, rows.size());
  slice.chunk = std::move(chunk);
  slice.rows = rows.size();
  slice.series_count = generation_->series_count();
  for (std::size_t i = 0; i < tags.size(); ++i) {
    slice.dictionary_sizes.push_back(generation_->dictionary(i).size());
  }
  table_.chunks.push_back(std::move(slice));
  return *this;
}

// Knows the tables it was given: stored ones in "iox", and whatever else by schema and name.
class FakeResolver final : public NameResolver {
 public:
  void Add(const StoredTable& table) { tables_[{"iox", table.name}] = {table, ""}; }
  void Add(std::string schema, const ValueTable& table, std::string view = "") {
    tables_[{std::move(schema), table.name}] = {table, std::move(view)};
  }
  Result<ResolvedTable> Resolve(std::string_view schema, std::string_view name) override {
    asked.emplace_back(schema, name);
    const auto found =
        tables_.find({schema.empty() ? "iox" : std::string(schema), std::string(name)});
    if (found == tables_.end()) {
      return NotFoundError("table '" + std::string(schema.empty() ? "iox" : schema) + "." +
                           std::string(name) + "' not found");
    }
    return found->second;
  }

  std::vector<std::pair<std::string, std::string>> asked;

 private:
  std::map<std::pair<std::string, std::string>, ResolvedTable> tables_;
};

inline columnar::ValueType TypeOf(columnar::ValueKind kind) {
  columnar::ValueType type;
  type.kind = kind;
  return type;
}

inline columnar::ValueVector Strings(const std::vector<std::string>& texts) {
  columnar::ValueVector values;
  values.type = TypeOf(columnar::ValueKind::kString);
  for (const std::string& text : texts) values.strings.Append(text);
  return values;
}

// nullopt: NULL.
inline columnar::ValueVector Integers(const std::vector<std::optional<std::int64_t>>& numbers,
                                      columnar::ValueKind kind = columnar::ValueKind::kInt64) {
  columnar::ValueVector values;
  values.type = TypeOf(kind);
  for (const auto& number : numbers) {
    values.valid.push_back(number ? 1 : 0);
    values.words.push_back(static_cast<std::uint64_t>(number.value_or(0)));
  }
  return values;
}

inline std::string Print(const columnar::ValueVector& values, std::size_t row) {
  using columnar::ValueKind;
  if (values.IsNull(row)) return "NULL";
  switch (values.type.kind) {
    case ValueKind::kNull: return "NULL";
    case ValueKind::kBool: return values.words[row] != 0 ? "true" : "false";
    case ValueKind::kInt64: return std::to_string(static_cast<std::int64_t>(values.words[row]));
    case ValueKind::kUInt64: return std::to_string(values.words[row]) + "u";
    case ValueKind::kFloat64: {
      double number = 0;
      __builtin_memcpy(&number, &values.words[row], sizeof(number));
      std::string text = std::to_string(number);
      while (text.back() == '0' && text[text.size() - 2] != '.') text.pop_back();
      return text;
    }
    case ValueKind::kString:
    case ValueKind::kBinary: return std::string(values.strings[row]);
    case ValueKind::kTimestamp:
      return PrintTimestamp(Timestamp(static_cast<std::int64_t>(values.words[row])));
    case ValueKind::kTimestampTz:
      return PrintTimestampUtc(Timestamp(static_cast<std::int64_t>(values.words[row])));
    case ValueKind::kDate:
      return PrintTimestamp(
                 Timestamp(static_cast<std::int64_t>(values.words[row]) * 86'400 * 1'000'000'000))
          .substr(0, 10);
    case ValueKind::kTime: return std::to_string(values.words[row]) + "ns";
    case ValueKind::kInterval:
      return std::to_string(static_cast<std::int64_t>(values.words[3 * row])) + "mon" +
             std::to_string(static_cast<std::int64_t>(values.words[3 * row + 1])) + "d" +
             std::to_string(static_cast<std::int64_t>(values.words[3 * row + 2])) + "ns";
    case ValueKind::kList: {
      std::string text = "[";
      for (std::size_t i = row == 0 ? 0 : values.ends[row - 1]; i < values.ends[row]; ++i) {
        text += (text.size() > 1 ? "," : "") + Print(values.children[0], i);
      }
      return text + "]";
    }
    case ValueKind::kStruct: break;
  }
  std::string text = "{";
  for (std::size_t i = 0; i < values.children.size(); ++i) {
    text += (i > 0 ? "," : "") + values.type.names[i] + ":" + Print(values.children[i], row);
  }
  return text + "}";
}

// Every row as its values joined by " | ", or the one error.
inline Result<std::vector<std::string>> ReadAll(ResultStream& stream) {
  std::vector<std::string> rows;
  while (true) {
    auto batch = stream.Next();
    if (!batch.ok()) return std::move(batch).error();
    if (!batch->has_value()) return rows;
    for (std::size_t row = 0; row < (*batch)->rows; ++row) {
      std::string text;
      for (const columnar::ValueVector& column : (*batch)->columns) {
        text += (text.empty() ? "" : " | ") + Print(column, row);
      }
      rows.push_back(std::move(text));
    }
  }
}

inline std::string Header(const ResultStream& stream) {
  std::string text;
  for (const columnar::ValueColumn& column : stream.columns()) {
    text += (text.empty() ? "" : " | ") + column.name;
  }
  return text;
}

}  // namespace tidemill::sql::test
