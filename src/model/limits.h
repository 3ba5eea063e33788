// Limits on what one server holds; the defaults are generous. Databases, tables and columns have a
// flag each, which the errors name.
#pragma once

#include <cstddef>
#include <string>

namespace tidemill::model {

struct Limits {
  std::size_t databases_max = 10'000;
  std::size_t tables_max = 100'000;            // all databases together
  std::size_t columns_per_table_max = 10'000;  // tags and fields, time not counted
  std::size_t string_bytes_max = 1'048'576;    // names, tag values and string fields
  std::size_t triggers_max = 10'000;
  bool operator==(const Limits&) const = default;
};

// What is said at each limit: the words of the existing product, then our flag.
inline std::string DatabasesFull(std::size_t max) {
  return "Adding a new database would exceed limit of " + std::to_string(max) +
         " databases (--num-database-limit)";
}
inline std::string TablesFull(std::size_t max) {
  return "Update to schema would exceed number of tables limit of " + std::to_string(max) +
         " tables (--num-table-limit)";
}
inline std::string ColumnsFull(std::size_t max) {
  return "Update to schema would exceed number of columns per table limit of " +
         std::to_string(max) + " columns (--num-total-columns-per-table-limit)";
}

}  // namespace tidemill::model
