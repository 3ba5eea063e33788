#include "catalog/rules.h"

#include <fmt/format.h>

#include <set>

#include "base/overload.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "model/names.h"

namespace tidemill::catalog {
namespace {

using model::ColumnKind;
using model::DataType;

Error LimitError(std::string message) { return {ErrorCode::kLimit, std::move(message)}; }

Status CheckText(std::string_view what, std::string_view text, std::size_t bytes_max) {
  if (text.empty()) return InvalidError(fmt::format("{} name is empty", what));
  if (text.size() > bytes_max) {
    return InvalidError(
        fmt::format("{} name of {} bytes, at most {} are allowed", what, text.size(), bytes_max));
  }
  if (!IsValidUtf8(text)) return InvalidError(fmt::format("{} name is not valid UTF-8", what));
  return Ok();
}

Status CheckColumn(const NewColumn& column, const model::Limits& limits) {
  TRY(CheckText("column", column.name, limits.string_bytes_max));
  if (column.name == model::kTimeColumnName || column.name == "__chunk_order") {
    return InvalidError(fmt::format("'{}' is a reserved column", column.name));
  }
  const bool fits = column.kind == ColumnKind::kTag     ? column.type == DataType::kString
                    : column.kind == ColumnKind::kField ? column.type != DataType::kTimestamp
                                                        : false;
  if (!fits) {
    return InvalidError(
        fmt::format("column '{}': a tag is a string, and a field is a string, int64, uint64, "
                    "float64 or bool",
                    column.name));
  }
  return Ok();
}

bool IsInternal(std::string_view database) { return database == model::kInternalDatabase; }

Status CheckNotInternal(std::string_view database) {
  if (IsInternal(database)) return InvalidError("cannot modify internal db");
  return Ok();
}

Status CheckNewDatabase(const Snapshot& before, std::string_view name,
                        const model::Limits& limits) {
  TRY(model::ValidateDatabaseName(name));
  const std::size_t internal = before.FindDatabase(model::kInternalDatabase) == nullptr ? 0 : 1;
  if (before.databases.size() - internal >= limits.databases_max) {
    return LimitError(model::DatabasesFull(limits.databases_max));
  }
  return Ok();
}

// Columns of `delta` that the table lacks.
std::size_t CountNewColumns(const Table* table, const TableDelta& delta) {
  std::set<std::string_view> names;
  for (const NewColumn& column : delta.columns) names.insert(column.name);
  if (table != nullptr) {
    for (const model::Column& column : table->schema.columns) names.erase(column.name);
  }
  return names.size();
}

// Everything that makes what is missing comes through here.
Status CheckSchema(const Snapshot& before, const std::string& database,
                   const std::vector<TableDelta>& deltas, const model::Limits& limits) {
  const Database* const home = before.FindDatabase(database);
  if (home == nullptr) {
    TRY(CheckNewDatabase(before, database, limits));
  }
  std::set<std::string_view> new_tables;
  for (const TableDelta& delta : deltas) {
    TRY(CheckText("table", delta.table, limits.string_bytes_max));
    for (const NewColumn& column : delta.columns) {
      TRY(CheckColumn(column, limits));
    }
    const Table* const table = before.FindTable(database, delta.table);
    if (table == nullptr) new_tables.insert(delta.table);
    const std::size_t added = CountNewColumns(table, delta);
    const std::size_t there = table == nullptr ? 0 : table->schema.columns.size();
    if (added > 0 && there + added > limits.columns_per_table_max) {
      return LimitError(model::ColumnsFull(limits.columns_per_table_max));
    }
  }
  if (IsInternal(database)) return Ok();  // the server's own tables do not count
  const Database* const internal = before.FindDatabase(model::kInternalDatabase);
  const std::size_t users = before.table_count() - (internal ? internal->tables.size() : 0);
  if (!new_tables.empty() && users + new_tables.size() > limits.tables_max) {
    return LimitError(model::TablesFull(limits.tables_max));
  }
  return Ok();
}

Status CheckNamedOnce(const TableDelta& delta) {
  std::set<std::string_view> names;
  for (const NewColumn& column : delta.columns) {
    if (!names.insert(column.name).second) {
      return InvalidError(fmt::format("table '{}': column '{}' is named twice",
                                      CutUtf8(delta.table, 64), CutUtf8(column.name, 64)));
    }
  }
  return Ok();
}

Status CheckTrigger(const model::Trigger& trigger) {
  TRY(model::ValidateTriggerName(trigger.name));
  bool is_text = IsValidUtf8(trigger.plugin_filename) && IsValidUtf8(trigger.disabled_reason);
  if (trigger.arguments) {
    for (const auto& [key, value] : *trigger.arguments) {
      is_text = is_text && IsValidUtf8(key) && IsValidUtf8(value);
    }
  }
  if (!is_text) {
    return InvalidError(fmt::format(
        "trigger '{}': the plugin filename and the arguments must be valid UTF-8", trigger.name));
  }
  return Ok();
}

}  // namespace

Status CheckRules(const Snapshot& before, const Change& change, const model::Limits& limits) {
  return std::visit(
      Overload{
          [&](const CreateDatabase& create) -> Status {
            if (before.FindDatabase(create.name) != nullptr) return Ok();  // the editor's conflict
            return CheckNewDatabase(before, create.name, limits);
          },
          [&](const SetRetention& set) -> Status { return CheckNotInternal(set.database); },
          [&](const CreateTable& create) -> Status {
            TRY(CheckNotInternal(create.database));
            TRY(CheckNamedOnce(create.table));
            return CheckSchema(before, create.database, {create.table}, limits);
          },
          [&](const ExtendSchema& extend) -> Status {
            return CheckSchema(before, extend.database, extend.tables, limits);
          },
          [&](const CreateTrigger& create) -> Status {
            TRY(CheckNotInternal(create.database));
            TRY(CheckTrigger(create.trigger));
            if (before.triggers_by_id.size() >= limits.triggers_max) {
              return LimitError(fmt::format(
                  "Adding a new trigger would exceed limit of {} triggers", limits.triggers_max));
            }
            return Ok();
          },
          [](const DeleteTrigger&) -> Status { return Ok(); },
          [](const SetTriggerDisabled&) -> Status { return Ok(); },
      },
      change);
}

}  // namespace tidemill::catalog
