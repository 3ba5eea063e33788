// For tests: a SQL engine whose statements are table names, and tables read back as text.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status_macros.h"
#include "base/strings.h"
#include "base/timestamp.h"
#include "sql/engine.h"

namespace tidemill::query {

inline std::string CellText(const columnar::ValueVector& values, std::size_t row) {
  if (values.IsNull(row)) return "NULL";
  switch (values.type.kind) {
    case columnar::ValueKind::kString: return std::string(values.strings[row]);
    case columnar::ValueKind::kBool: return values.words[row] != 0 ? "true" : "false";
    case columnar::ValueKind::kTimestamp:
      return PrintTimestamp(Timestamp(static_cast<std::int64_t>(values.words[row])));
    case columnar::ValueKind::kInterval: return fmt::format("{}ns", values.words[3 * row + 2]);
    default: return fmt::format("{}", static_cast<std::int64_t>(values.words[row]));
  }
}

// "a|b|NULL", row by row.
inline std::vector<std::string> TextRows(const sql::ValueTable& table) {
  std::vector<std::string> rows;
  for (const columnar::ValueBatch& batch : table.batches) {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      std::string text;
      for (const columnar::ValueVector& column : batch.columns) {
        if (!text.empty()) text += "|";
        text += CellText(column, row);
      }
      rows.push_back(std::move(text));
    }
  }
  return rows;
}

inline std::string HeaderText(const sql::ValueTable& table) {
  std::string text;
  for (const columnar::ValueColumn& column : table.columns) {
    if (!text.empty()) text += "|";
    text += column.name;
  }
  return text;
}

// Gives out `batches` batches of one row; cancelled, it fails like an engine.
class FakeStream final : public sql::ResultStream {
 public:
  FakeStream(std::size_t batches, std::vector<sql::ResolvedTable> tables)
      : left_(batches), tables_(std::move(tables)) {
    columns_.push_back({"n", {columnar::ValueKind::kInt64, false, {}, {}}});
  }
  const std::vector<columnar::ValueColumn>& columns() const override { return columns_; }
  Result<std::optional<columnar::ValueBatch>> Next() override {
    if (is_cancelled) return Error{ErrorCode::kCancelled, "INTERRUPT"};
    if (left_ == 0) return std::optional<columnar::ValueBatch>();
    --left_;
    columnar::ValueBatch batch;
    batch.rows = 1;
    batch.columns.emplace_back().type = columns_[0].type;
    batch.columns[0].words = {left_};
    return std::optional(std::move(batch));
  }
  void Cancel() override { is_cancelled = true; }

  bool is_cancelled = false;

 private:
  std::size_t left_;
  std::vector<sql::ResolvedTable> tables_;  // pinned
  std::vector<columnar::ValueColumn> columns_;
};

// The text of a statement is a list of tables, "cpu,system.queries"; it gives three batches.
class FakeUserEngine final : public sql::UserEngine {
 public:
  Result<std::unique_ptr<sql::ResultStream>> Start(const sql::Statement& statement,
                                                   sql::NameResolver& resolver,
                                                   Timestamp) override {
    std::vector<sql::ResolvedTable> tables;
    for (const std::string_view name : Split(statement.text, ',')) {
      const std::size_t dot = name.find('.');
      const bool is_bare = dot == std::string_view::npos;
      TRY_ASSIGN(sql::ResolvedTable table, resolver.Resolve(is_bare ? "" : name.substr(0, dot),
                                                            is_bare ? name : name.substr(dot + 1)));
      if (after_resolve) after_resolve();
      tables.push_back(std::move(table));
    }
    last_tables = tables;
    auto stream = std::make_unique<FakeStream>(3, std::move(tables));
    last_stream = stream.get();
    return std::unique_ptr<sql::ResultStream>(std::move(stream));
  }

  std::vector<sql::ResolvedTable> last_tables;
  FakeStream* last_stream = nullptr;
  std::function<void()> after_resolve;
};

}  // namespace tidemill::query
