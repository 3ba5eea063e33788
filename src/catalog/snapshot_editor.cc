#include "catalog/snapshot_editor.h"

#include <fmt/format.h>

#include <unordered_set>

#include "base/status_macros.h"
#include "base/strings.h"

namespace tidemill::catalog {
namespace {

Error AlreadyExists() {
  return ConflictError("attempted to create a resource that already exists");
}

Result<const Database*> RequireDatabase(const Snapshot& snapshot, const std::string& name) {
  const Database* const database = snapshot.FindDatabase(name);
  if (database == nullptr) return NotFoundError("Database not found " + name);
  return database;
}

Result<const model::Trigger*> RequireTrigger(const Database& database, const std::string& name) {
  const auto found = database.triggers.find(name);
  if (found == database.triggers.end()) {
    return NotFoundError("the requested resource was not found: " + name);
  }
  return found->second.get();
}

// What of `wanted` is not there yet, by name, in its order, each once.
std::vector<const NewColumn*> MissingColumns(const model::TableSchema& schema,
                                             const std::vector<NewColumn>& wanted) {
  std::unordered_set<std::string_view> seen;
  for (const model::Column& column : schema.columns) seen.insert(column.name);
  std::vector<const NewColumn*> missing;
  for (const NewColumn& column : wanted) {
    if (seen.insert(column.name).second) missing.push_back(&column);
  }
  return missing;
}

}  // namespace

std::string CleanReason(std::string reason) {
  if (IsValidUtf8(reason)) return reason;
  for (char& c : reason) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return reason;
}

SnapshotEditor::SnapshotEditor(const Snapshot& before)
    : next_(std::make_shared<Snapshot>(before)) {}

Result<bool> SnapshotEditor::Perform(const Change& change) {
  auto changed = std::visit([this](const auto& kind) { return CarryOut(kind); }, change);
  if (changed.ok() && *changed) ++next_->sequence;
  return changed;
}

Result<bool> SnapshotEditor::CarryOut(const CreateDatabase& create) {
  if (next_->FindDatabase(create.name) != nullptr) return AlreadyExists();
  AddDatabase(create.name).retention = create.retention;
  return true;
}

Result<bool> SnapshotEditor::CarryOut(const SetRetention& set) {
  TRY_ASSIGN(const Database* const database, RequireDatabase(*next_, set.database));
  if (database->retention == set.retention) return false;
  OwnDatabase(*database).retention = set.retention;
  return true;
}

Result<bool> SnapshotEditor::CarryOut(const CreateTable& create) {
  if (next_->FindTable(create.database, create.table.table) != nullptr) return AlreadyExists();
  return Extend(create.database, create.table);
}

Result<bool> SnapshotEditor::CarryOut(const ExtendSchema& extend) {
  bool changed = false;
  if (next_->FindDatabase(extend.database) == nullptr) {
    AddDatabase(extend.database);
    changed = true;
  }
  for (const TableDelta& delta : extend.tables) changed |= Extend(extend.database, delta);
  return changed;
}

Result<bool> SnapshotEditor::CarryOut(const CreateTrigger& create) {
  TRY_ASSIGN(const Database* const database, RequireDatabase(*next_, create.database));
  if (database->triggers.contains(create.trigger.name)) return AlreadyExists();
  model::Trigger trigger = create.trigger;
  trigger.id = TriggerId(next_->next_trigger++);
  trigger.database = database->id;
  PutTrigger(OwnDatabase(*database), std::move(trigger));
  return true;
}

Result<bool> SnapshotEditor::CarryOut(const DeleteTrigger& remove) {
  TRY_ASSIGN(const Database* const database, RequireDatabase(*next_, remove.database));
  TRY_ASSIGN(const model::Trigger* const trigger, RequireTrigger(*database, remove.trigger));
  next_->triggers_by_id.erase(trigger->id);
  OwnDatabase(*database).triggers.erase(remove.trigger);
  return true;
}

Result<bool> SnapshotEditor::CarryOut(const SetTriggerDisabled& set) {
  TRY_ASSIGN(const Database* const database, RequireDatabase(*next_, set.database));
  TRY_ASSIGN(const model::Trigger* const trigger, RequireTrigger(*database, set.trigger));
  if (trigger->disabled == set.disabled) return false;
  model::Trigger next = *trigger;
  next.disabled = set.disabled;
  next.disabled_reason = set.disabled ? CleanReason(set.reason) : "";
  next.disabled_at = set.disabled ? set.at : Timestamp();
  PutTrigger(OwnDatabase(*database), std::move(next));
  return true;
}

Database& SnapshotEditor::AddDatabase(const std::string& name) {
  auto database = std::make_shared<Database>();
  database->id = DatabaseId(next_->next_database++);
  database->name = name;
  next_->databases[name] = database;
  next_->databases_by_id[database->id] = database;
  return *(own_databases_[database->id] = database);
}

Database& SnapshotEditor::OwnDatabase(const Database& shared) {
  auto& own = own_databases_[shared.id];
  if (!own) {
    own = std::make_shared<Database>(shared);
    next_->databases[own->name] = own;
    next_->databases_by_id[own->id] = own;
  }
  return *own;
}

Table& SnapshotEditor::AddTable(Database& database, const std::string& name) {
  auto table = std::make_shared<Table>();
  table->id = TableId(next_->next_table++);
  table->database = database.id;
  table->name = name;
  database.tables[name] = table;
  next_->tables_by_id[table->id] = table;
  return *(own_tables_[table->id] = table);
}

Table& SnapshotEditor::OwnTable(Database& database, const Table& shared) {
  auto& own = own_tables_[shared.id];
  if (!own) {
    own = std::make_shared<Table>(shared);
    database.tables[own->name] = own;
    next_->tables_by_id[own->id] = own;
  }
  return *own;
}

// Makes the database, the table and the columns that are missing; true if any was.
bool SnapshotEditor::Extend(const std::string& database_name, const TableDelta& delta) {
  const Database* const there = next_->FindDatabase(database_name);
  const Table* const shared = next_->FindTable(database_name, delta.table);
  const auto missing =
      MissingColumns(shared ? shared->schema : model::TableSchema(), delta.columns);
  if (shared != nullptr && missing.empty()) return false;

  Database& database = there ? OwnDatabase(*there) : AddDatabase(database_name);
  Table& table = shared ? OwnTable(database, *shared) : AddTable(database, delta.table);
  for (const NewColumn* column : missing) {
    table.schema.columns.push_back({.id = table.next_column,
                                    .name = column->name,
                                    .kind = column->kind,
                                    .type = column->type});
    table.next_column = ColumnId(table.next_column.value() + 1);
  }
  return true;
}

void SnapshotEditor::PutTrigger(Database& database, model::Trigger trigger) {
  auto shared = std::make_shared<const model::Trigger>(std::move(trigger));
  database.triggers[shared->name] = shared;
  next_->triggers_by_id[shared->id] = shared;
}

}  // namespace tidemill::catalog
