// All tables at one visible sequence and one moment of the clock: what one query sees.
//
// Cheap to take. Let go of it once the tables wanted are pinned: it keeps every table's rows.
#pragma once

#include <memory>
#include <utility>

#include "base/timestamp.h"
#include "catalog/catalog.h"
#include "storage/retention.h"
#include "storage/version_map.h"

namespace tidemill::storage {

class View {
 public:
  View(std::shared_ptr<const VersionMap> versions, catalog::Catalog::SnapshotPtr catalog,
       Retention& retention, Timestamp now)
      : versions_(std::move(versions)),
        catalog_(std::move(catalog)),
        retention_(&retention),
        now_(now) {}

  Sequence visible() const { return versions_->visible(); }
  // The table with its retention cutoff; an empty version if it never had a row. Files that lie
  // before the cutoff are left out.
  VersionPtr Pin(TableId table) const;

 private:
  Timestamp CutoffOf(TableId table) const;

  std::shared_ptr<const VersionMap> versions_;
  catalog::Catalog::SnapshotPtr catalog_;
  Retention* retention_;
  Timestamp now_;
};

}  // namespace tidemill::storage
