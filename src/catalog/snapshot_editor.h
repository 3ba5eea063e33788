// Builds the next snapshot: copies what a change touches, shares the rest.
//
// Carries a change out and gives the ids; asks no rules (rules.h), so that a log replays to the
// same snapshot under any limits. Several changes may go into one next snapshot: a database or
// table is copied at the first touch only. What Perform does to a change of a given kind must stay
// the same for ever, because replay depends on it.
#pragma once

#include <map>
#include <memory>

#include "base/result.h"
#include "catalog/change.h"
#include "catalog/snapshot.h"

namespace tidemill::catalog {

// A reason may quote what a plugin raised, and only text can stand in the log: the bytes above
// ASCII of what is not UTF-8 become '?'.
std::string CleanReason(std::string reason);

class SnapshotEditor {
 public:
  explicit SnapshotEditor(const Snapshot& before);
  const Snapshot& view() const { return *next_; }

  // All of the change, or an error (kNotFound, kConflict) and nothing of it. False: everything is
  // as the change wants it already, and the sequence stays.
  Result<bool> Perform(const Change& change);
  std::shared_ptr<const Snapshot> Finish() && { return std::move(next_); }

 private:
  Result<bool> CarryOut(const CreateDatabase& create);
  Result<bool> CarryOut(const SetRetention& set);
  Result<bool> CarryOut(const CreateTable& create);
  Result<bool> CarryOut(const ExtendSchema& extend);
  Result<bool> CarryOut(const CreateTrigger& create);
  Result<bool> CarryOut(const DeleteTrigger& remove);
  Result<bool> CarryOut(const SetTriggerDisabled& set);

  Database& AddDatabase(const std::string& name);
  Database& OwnDatabase(const Database& shared);
  Table& AddTable(Database& database, const std::string& name);
  Table& OwnTable(Database& database, const Table& shared);
  bool Extend(const std::string& database, const TableDelta& delta);
  void PutTrigger(Database& database, model::Trigger trigger);

  std::shared_ptr<Snapshot> next_;
  // Copies made here, which nobody else sees yet.
  std::map<DatabaseId, std::shared_ptr<Database>> own_databases_;
  std::map<TableId, std::shared_ptr<Table>> own_tables_;
};

}  // namespace tidemill::catalog
