// A table of facts about the server itself, `system.<name>`.
//
// Facts that live above query/ (triggers, runs) are registered by app/adapters/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "columnar/value_batch.h"
#include "sql/ports.h"

namespace tidemill::query {

class SystemTable {
 public:
  virtual ~SystemTable() = default;
  virtual std::string_view name() const = 0;
  // Only when the database is `_internal`.
  virtual bool internal_only() const { return false; }
  // For information_schema.columns; a table that says nothing here is listed without its columns.
  virtual std::vector<columnar::ValueColumn> columns() const { return {}; }
  // The rows as seen from `database`; or a view over a stored table.
  virtual Result<sql::ResolvedTable> Resolve(std::string_view database) = 0;
};

}  // namespace tidemill::query
