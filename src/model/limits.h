// Limits on what one server holds. Every one has a flag; the defaults are generous.
#pragma once

#include <cstddef>

namespace tidemill::model {

struct Limits {
  std::size_t databases_max = 10'000;
  std::size_t tables_max = 100'000;            // all databases together
  std::size_t columns_per_table_max = 10'000;  // tags and fields, time not counted
  std::size_t string_bytes_max = 1'048'576;    // names, tag values and string fields
  std::size_t triggers_max = 10'000;
};

}  // namespace tidemill::model
