#include "storage/view.h"

#include <vector>

namespace tidemill::storage {

VersionPtr View::Pin(TableId table) const {
  VersionPtr version = versions_->Find(table);
  const Timestamp cutoff = CutoffOf(table);
  if (version != nullptr && cutoff == Timestamp::Min()) return version;
  auto cut = version == nullptr ? std::make_shared<TableVersion>()
                                : std::make_shared<TableVersion>(*version);
  cut->table = table;
  cut->cutoff = cutoff;
  std::erase_if(cut->files, [&](const auto& file) { return file->max_time < cutoff; });
  return cut;
}

Timestamp View::CutoffOf(TableId table) const {
  const auto known = catalog_->FindTable(table);
  if (known == nullptr) return Timestamp::Min();
  const catalog::Database* database = catalog_->FindDatabase(known->database);
  return database == nullptr ? Timestamp::Min() : retention_->CutoffAt(*database, now_);
}

}  // namespace tidemill::storage
