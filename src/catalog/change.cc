#include "catalog/change.h"

#include "base/status_macros.h"
#include "catalog/rules.h"
#include "catalog/snapshot_editor.h"

namespace tidemill::catalog {

Result<std::shared_ptr<const Snapshot>> Apply(const Snapshot& before, const Change& change,
                                              const model::Limits& limits) {
  TRY(CheckRules(before, change, limits));
  SnapshotEditor editor(before);
  TRY(editor.Perform(change));
  return std::move(editor).Finish();
}

}  // namespace tidemill::catalog
