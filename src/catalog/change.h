// The changes a catalog can make, one struct each, and their form on disk.
//
// Applying a change is pure: snapshot in, snapshot or error out. It has two halves: rules.h says
// what may be asked for, snapshot_editor.h carries it out. Every change is written to the log as
// JSON (docs/formats/catalog.md), so an old log can be read by eye.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/timestamp.h"
#include "catalog/snapshot.h"
#include "model/limits.h"

namespace tidemill::catalog {

struct NewColumn {
  std::string name;
  model::ColumnKind kind = model::ColumnKind::kField;
  model::DataType type = model::DataType::kFloat64;
};
struct TableDelta {
  std::string table;
  std::vector<NewColumn> columns;
};

// kConflict "attempted to create a resource that already exists" when it is there.
struct CreateDatabase {
  std::string name;
  std::optional<std::chrono::nanoseconds> retention;
};
struct SetRetention {
  std::string database;
  std::optional<std::chrono::nanoseconds> retention;
};
// kConflict when the table is there; makes the database if it is missing.
struct CreateTable {
  std::string database;
  TableDelta table;
};
// Schema on write: makes what is missing, leaves alone what is there. A column that meanwhile
// exists with another type is left as it is: the writer validates again against the new snapshot
// and refuses its lines.
struct ExtendSchema {
  std::string database;
  std::vector<TableDelta> tables;
};
// `trigger.id` and `trigger.database` are given by the catalog.
struct CreateTrigger {
  std::string database;
  model::Trigger trigger;
};
struct DeleteTrigger {
  std::string database;
  std::string trigger;
};
struct SetTriggerDisabled {
  std::string database;
  std::string trigger;
  bool disabled = false;
  std::string reason;  // empty: a user's wish; kept as CleanReason has it
  Timestamp at;
};
using Change = std::variant<CreateDatabase, SetRetention, CreateTable, ExtendSchema, CreateTrigger,
                            DeleteTrigger, SetTriggerDisabled>;

// The next snapshot (sequence + 1; the same sequence when the change finds everything done
// already). Errors: kNotFound, kConflict, kInvalid (names), kLimit with the existing product's
// words ("Adding a new database would exceed limit of N databases", "Update to schema would exceed
// number of columns per table limit of N columns", "… number of tables limit of N tables").
Result<std::shared_ptr<const Snapshot>> Apply(const Snapshot& before, const Change& change,
                                              const model::Limits& limits);

// One line of JSON: {"create_database":{…}}. Errors of decoding: kCorrupt.
std::string EncodeChange(const Change& change);
Result<Change> DecodeChange(std::string_view json);
// A whole snapshot, for the folded log: {"snapshot":{…}}.
std::string EncodeSnapshot(const Snapshot& snapshot);
Result<std::shared_ptr<const Snapshot>> DecodeSnapshot(std::string_view json);

}  // namespace tidemill::catalog
