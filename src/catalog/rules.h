// What may be asked of the catalog: names, reserved columns, limits, and that `_internal` is the
// server's own.
//
// Asked once, before a change is written. A change that stands in the log is never asked again, so
// rules and limits may become stricter without making an old log unreadable.
#pragma once

#include "base/result.h"
#include "catalog/change.h"
#include "catalog/snapshot.h"
#include "model/limits.h"

namespace tidemill::catalog {

// Errors: kInvalid, kLimit.
Status CheckRules(const Snapshot& before, const Change& change, const model::Limits& limits);

}  // namespace tidemill::catalog
