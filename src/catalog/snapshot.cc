#include "catalog/snapshot.h"

namespace tidemill::catalog {
namespace {

template <typename Map, typename Key>
auto FindIn(const Map& map, const Key& key) -> typename Map::mapped_type {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

const Database* Snapshot::FindDatabase(std::string_view name) const {
  const auto found = databases.find(name);
  return found == databases.end() ? nullptr : found->second.get();
}

const Database* Snapshot::FindDatabase(DatabaseId id) const {
  const auto found = databases_by_id.find(id);
  return found == databases_by_id.end() ? nullptr : found->second.get();
}

const Table* Snapshot::FindTable(std::string_view database, std::string_view table) const {
  const Database* const home = FindDatabase(database);
  if (home == nullptr) return nullptr;
  const auto found = home->tables.find(table);
  return found == home->tables.end() ? nullptr : found->second.get();
}

std::shared_ptr<const Table> Snapshot::FindTable(TableId id) const {
  return FindIn(tables_by_id, id);
}

std::shared_ptr<const model::Trigger> Snapshot::FindTrigger(TriggerId id) const {
  return FindIn(triggers_by_id, id);
}

std::shared_ptr<const model::Trigger> Snapshot::FindTrigger(std::string_view database,
                                                            std::string_view trigger) const {
  const Database* const home = FindDatabase(database);
  return home == nullptr ? nullptr : FindIn(home->triggers, trigger);
}

std::vector<std::string> Snapshot::DatabaseNames() const {
  std::vector<std::string> names;
  names.reserve(databases.size());
  for (const auto& [name, database] : databases) names.push_back(name);
  return names;
}

}  // namespace tidemill::catalog
