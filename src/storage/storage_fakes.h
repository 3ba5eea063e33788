// For tests of storage/ and query/: rows as text, a catalog in memory, and a Parquet engine that
// keeps text instead.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/file_system.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "base/task.h"
#include "catalog/catalog.h"
#include "columnar/chunk.h"
#include "columnar/row_block.h"
#include "columnar/row_gather.h"
#include "objectstore/object_store.h"
#include "sql/engine.h"
#include "storage/table_version.h"
#include "testing/seeded_random.h"
#include "wal/wal.h"

namespace tidemill::storage {

template <typename T>
T Await(Completion<T> completion) {
  return BlockOn([](Completion<T> inner) -> Task<T> { co_return co_await inner; }(completion));
}

// ---- Rows as text: "t=5 2=a 3=1.5", columns by id, NULLs left out ---------------------------

using FieldValue = std::variant<std::int64_t, double, bool, std::string>;

struct TestRow {
  std::int64_t time = 0;
  std::map<std::string, std::string> tags;  // by column name
  std::map<std::string, FieldValue> fields;
};

inline std::uint64_t WordOf(const FieldValue& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return static_cast<std::uint64_t>(*i);
  if (const auto* d = std::get_if<double>(&value)) return std::bit_cast<std::uint64_t>(*d);
  if (const auto* b = std::get_if<bool>(&value)) return *b ? 1 : 0;
  return 0;
}

inline std::string TextOf(std::uint64_t word) { return fmt::format("#{:x}", word); }

inline std::string RowText(std::int64_t time, const std::map<std::uint32_t, std::string>& cells) {
  std::string text = fmt::format("t={}", time);
  for (const auto& [column, value] : cells) text += fmt::format(" {}={}", column, value);
  return text;
}

inline std::string RowText(const TestRow& row, const catalog::Table& table) {
  std::map<std::uint32_t, std::string> cells;
  for (const auto& [name, value] : row.tags) cells[table.schema.Find(name)->id.value()] = value;
  for (const auto& [name, value] : row.fields) {
    const auto* text = std::get_if<std::string>(&value);
    cells[table.schema.Find(name)->id.value()] = text != nullptr ? *text : TextOf(WordOf(value));
  }
  return RowText(row.time, cells);
}

// One write of these rows, as ingest makes it: tags and fields in order of first appearance.
inline columnar::RowBlock MakeBlock(const catalog::Table& table, const std::vector<TestRow>& rows) {
  columnar::RowBlock block;
  std::map<std::string, std::size_t> tag_index;
  std::vector<std::map<std::string, std::uint32_t>> codes;
  std::map<std::string, std::size_t> field_index;
  for (const TestRow& row : rows) {
    for (const auto& [name, value] : row.tags) {
      if (tag_index.emplace(name, tag_index.size()).second) {
        block.tags.push_back({table.schema.Find(name)->id, {}});
        codes.emplace_back();
      }
      const std::size_t tag = tag_index[name];
      const auto code = static_cast<std::uint32_t>(codes[tag].size() + 1);
      if (codes[tag].emplace(value, code).second) block.tags[tag].values.Append(value);
    }
    for (const auto& [name, value] : row.fields) {
      if (!field_index.emplace(name, field_index.size()).second) continue;
      columnar::FieldColumn& field = block.fields.emplace_back();
      field.column = table.schema.Find(name)->id;
      field.type = table.schema.Find(name)->type;
    }
  }
  std::map<std::vector<std::uint32_t>, std::uint32_t> series;
  for (const TestRow& row : rows) {
    std::vector<std::uint32_t> tuple(block.tags.size());
    for (const auto& [name, value] : row.tags) {
      tuple[tag_index[name]] = codes[tag_index[name]][value];
    }
    const auto [found, is_new] = series.emplace(tuple, block.series_count);
    if (is_new) {
      ++block.series_count;
      block.series_codes.insert(block.series_codes.end(), tuple.begin(), tuple.end());
    }
    block.row_series.push_back(found->second);
    block.times.push_back(row.time);
    for (const auto& [name, index] : field_index) {
      columnar::FieldColumn& field = block.fields[index];
      const auto value = row.fields.find(name);
      const bool has_value = value != row.fields.end();
      field.valid.push_back(has_value ? 1 : 0);
      if (field.type == model::DataType::kString) {
        field.strings.Append(has_value ? std::get<std::string>(value->second) : "");
      } else {
        field.words.push_back(has_value ? WordOf(value->second) : 0);
      }
    }
  }
  return block;
}

// The rows that a reader finds in a slice, in its order.
inline void ReadSlice(const columnar::ChunkSlice& slice, std::vector<std::string>& out) {
  const columnar::Chunk& chunk = *slice.chunk;
  const columnar::Generation& generation = chunk.generation();
  for (std::size_t row = 0; row < slice.rows; ++row) {
    std::map<std::uint32_t, std::string> cells;
    const std::uint32_t series = chunk.series()[row];
    CHECK(series < slice.series_count);
    for (std::size_t tag = 0; tag < generation.tags().size(); ++tag) {
      const std::uint32_t code = generation.Code(series, tag);
      CHECK(code <= slice.dictionary_sizes[tag]);
      if (code != 0) {
        cells[generation.tags()[tag].value()] = generation.dictionary(tag).Value(code);
      }
    }
    for (std::size_t field = 0; field < chunk.field_count(); ++field) {
      if (chunk.valid(field) != nullptr && chunk.valid(field)[row] == 0) continue;
      cells[chunk.field(field).column.value()] = chunk.words(field) != nullptr
                                                     ? TextOf(chunk.words(field)[row])
                                                     : std::string(chunk.strings(field)[row]);
    }
    out.push_back(RowText(chunk.times()[row], cells));
  }
}

inline std::vector<std::string> ReadSlices(const std::vector<columnar::ChunkSlice>& slices) {
  std::vector<std::string> out;
  for (const columnar::ChunkSlice& slice : slices) ReadSlice(slice, out);
  return out;
}

// The rows of a batch whose columns have these ids.
inline std::vector<std::string> ReadBatch(
    const columnar::ValueBatch& batch,
    const std::vector<sql::InternalEngine::ParquetColumn>& columns) {
  std::vector<std::string> out;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    std::int64_t time = 0;
    std::map<std::uint32_t, std::string> cells;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const columnar::ValueVector& values = batch.columns[i];
      if (columns[i].field_id == model::kTimeColumn.value()) {
        time = static_cast<std::int64_t>(values.words[row]);
      } else if (!values.IsNull(row)) {
        cells[columns[i].field_id] = values.type.kind == columnar::ValueKind::kString
                                         ? std::string(values.strings[row])
                                         : TextOf(values.words[row]);
      }
    }
    out.push_back(RowText(time, cells));
  }
  return out;
}

// What RowText made, read back: cells by column id.
inline std::map<std::uint32_t, std::string> CellsOf(const std::string& row) {
  std::map<std::uint32_t, std::string> cells;
  std::string* cell = nullptr;
  const std::size_t time_end = row.find(' ');
  if (time_end == std::string::npos) return cells;
  for (const std::string_view part : Split(std::string_view(row).substr(time_end + 1), ' ')) {
    const std::size_t digits = std::min(part.find_first_not_of("0123456789"), part.size());
    if (digits > 0 && digits < part.size() && part[digits] == '=') {
      cell = &cells[static_cast<std::uint32_t>(std::stoul(std::string(part.substr(0, digits))))];
      *cell = part.substr(digits + 1);
    } else if (cell != nullptr) {  // a blank of the value's own
      *cell += fmt::format(" {}", part);
    }
  }
  return cells;
}

// The values of one column in these rows.
inline columnar::ValueVector ReadColumn(const std::vector<std::string>& rows,
                                        const model::Column& column) {
  columnar::ValueVector values;
  values.type = columnar::ValueTypeOf(column);
  for (const std::string& row : rows) {
    if (column.kind == model::ColumnKind::kTime) {
      values.words.push_back(static_cast<std::uint64_t>(std::stoll(row.substr(2))));
      continue;
    }
    const auto cells = CellsOf(row);
    const auto cell = cells.find(column.id.value());
    const std::string text = cell == cells.end() ? "" : cell->second;
    values.valid.push_back(cell == cells.end() ? 0 : 1);
    if (values.type.kind == columnar::ValueKind::kString) {
      values.strings.Append(text);
    } else {
      values.words.push_back(text.empty() ? 0 : std::stoull(text.substr(1), nullptr, 16));
    }
  }
  return values;
}

// ---- A catalog in memory ---------------------------------------------------------------------

class TestCatalog {
 public:
  TestCatalog() {
    auto opened = catalog::Catalog::Open(*fs_, random_, {});
    CHECK(opened.ok()) << opened.error().message;
    catalog_ = std::move(opened).value();
  }
  catalog::Catalog& get() { return *catalog_; }

  void Change(catalog::Change change) {
    const auto done = Await(catalog_->Commit(std::move(change)));
    CHECK(done.ok()) << done.error().message;
  }
  // Makes what is missing.
  std::shared_ptr<const catalog::Table> Extend(const std::string& database,
                                               const std::string& table,
                                               std::vector<catalog::NewColumn> columns) {
    Change(catalog::ExtendSchema{database, {{table, std::move(columns)}}});
    return catalog_->Get()->FindDatabase(database)->tables.find(table)->second;
  }
  static catalog::NewColumn Tag(std::string name) {
    return {std::move(name), model::ColumnKind::kTag, model::DataType::kString};
  }
  static catalog::NewColumn Field(std::string name, model::DataType type) {
    return {std::move(name), model::ColumnKind::kField, type};
  }

 private:
  std::unique_ptr<FileSystem> fs_ = MakePosixFileSystem();
  testing::SeededRandom random_;
  std::unique_ptr<catalog::Catalog> catalog_;
};

// ---- Records ---------------------------------------------------------------------------------

inline wal::RowsRecord MakeRecord(
    const catalog::Catalog& catalog,
    const std::vector<std::pair<std::shared_ptr<const catalog::Table>, std::vector<TestRow>>>&
        tables) {
  wal::RowsRecord record;
  record.catalog_sequence = catalog.Get()->sequence;
  for (const auto& [table, rows] : tables) {
    record.database = table->database;
    record.tables.push_back(
        {table->id, std::make_shared<const columnar::RowBlock>(MakeBlock(*table, rows))});
  }
  return record;
}

inline wal::CommittedRecord Committed(Sequence sequence, wal::Record record) {
  return {sequence, std::make_shared<const wal::Record>(std::move(record)), 100};
}

inline wal::GroupPtr Group(std::vector<wal::CommittedRecord> records) {
  auto group = std::make_shared<wal::CommittedGroup>();
  group->first = records.front().sequence;
  group->last = records.back().sequence;
  group->records = std::move(records);
  return group;
}

// ---- An engine whose "Parquet" is one row of text per line -----------------------------------

class FakeInternalEngine final : public sql::InternalEngine {
 public:
  explicit FakeInternalEngine(objectstore::ObjectStore& store) : store_(store) {}

  Result<sql::WrittenParquet> WriteParquet(const std::string& object,
                                           const std::vector<ParquetColumn>& columns,
                                           BatchSource source) override {
    if (before_write) before_write();
    TRY_ASSIGN(auto writer, store_.StartPut(object));
    sql::WrittenParquet written;
    written.min_time = Timestamp::Max();
    written.max_time = Timestamp::Min();
    while (true) {
      TRY_ASSIGN(const auto batch, source());
      if (!batch) break;
      for (const std::string& row : ReadBatch(*batch, columns)) {
        TRY(writer->Append(row + "\n"));
        written.bytes += row.size() + 1;
        const Timestamp time(std::stoll(row.substr(2)));
        written.min_time = std::min(written.min_time, time);
        written.max_time = std::max(written.max_time, time);
      }
      written.rows += batch->rows;
    }
    TRY(writer->Finish());
    return written;
  }
  Result<columnar::MergeRuns::Run> ReadParquet(const sql::ParquetFile& file,
                                               const std::vector<model::Column>& columns) override {
    TRY_ASSIGN(const std::string bytes, store_.Get(file.object));
    std::vector<std::string> rows;
    for (const std::string_view line : Split(bytes, '\n')) {
      if (!line.empty()) rows.emplace_back(line);
    }
    return columnar::MergeRuns::Run(
        [rows = std::move(rows), columns]() mutable -> Result<std::optional<columnar::ValueBatch>> {
          if (rows.empty()) return std::optional<columnar::ValueBatch>();
          columnar::ValueBatch batch;
          batch.rows = rows.size();
          for (const model::Column& column : columns) {
            batch.columns.push_back(ReadColumn(rows, column));
          }
          rows.clear();
          return std::optional(std::move(batch));
        });
  }
  Result<std::string> ParquetBytes(const std::vector<columnar::ValueColumn>& columns,
                                   BatchSource source) override {
    std::string bytes = fmt::format("PAR1 {} columns\n", columns.size());
    while (true) {
      TRY_ASSIGN(const auto batch, source());
      if (!batch) return bytes;
      bytes += fmt::format("{} rows\n", batch->rows);
    }
  }

  std::function<void()> before_write;

 private:
  objectstore::ObjectStore& store_;
};

inline std::vector<std::string> ReadFile(objectstore::ObjectStore& store,
                                         const std::string& object) {
  const auto bytes = store.Get(object);
  CHECK(bytes.ok()) << bytes.error().message;
  std::vector<std::string> rows;
  for (const std::string_view line : Split(*bytes, '\n')) {
    if (!line.empty()) rows.emplace_back(line);
  }
  return rows;
}

// Every row a version holds, files first, sorted: two versions with the same rows are equal.
inline std::vector<std::string> ReadVersion(const TableVersion& version,
                                            objectstore::ObjectStore& store) {
  std::vector<std::string> rows;
  for (const auto& file : version.files) {
    for (std::string& row : ReadFile(store, file->object)) rows.push_back(std::move(row));
  }
  for (std::string& row : ReadSlices(version.chunks)) rows.push_back(std::move(row));
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace tidemill::storage
