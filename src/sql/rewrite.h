// SHOW and DESCRIBE as the SELECTs over information_schema they stand for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemill::sql {

struct RewrittenStatement {
  std::string text;
  // The table that must exist for the statement to mean anything.
  struct Table {
    std::string schema;  // "" as written
    std::string name;
  };
  std::optional<Table> table;
};

// nullopt: `text` (folded) is neither SHOW nor DESCRIBE. Error: kInvalid, a form that is not
// offered.
Result<std::optional<RewrittenStatement>> RewriteShow(std::string_view text);

}  // namespace tidemill::sql
