// The tables one statement reads, as DuckDB's scan functions find them: by number.
//
// The gate fills it before binding; it hangs on the statement's own connection, so no text of a
// user can reach the tables of another statement.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "duckdb/common/types.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "sql/names.h"
#include "sql/ports.h"

namespace tidemill::sql {

// A column as the scan functions give it out.
struct ScanColumn {
  std::string name;   // as users know it
  std::string inner;  // unique without case
  duckdb::LogicalType type;
  ColumnId id;            // of stored tables
  std::size_t value = 0;  // index in the columns of value tables
  bool is_tag = false;
  bool is_time = false;  // the time column of a stored table
};

struct ScanTable {
  std::variant<StoredTable, ValueTable> table;
  std::vector<ScanColumn> columns;  // in the order `SELECT *` shows

  const StoredTable& stored() const { return *std::get_if<StoredTable>(&table); }
  const ValueTable& values() const { return *std::get_if<ValueTable>(&table); }
  bool is_stored() const { return std::holds_alternative<StoredTable>(table); }
  const std::string& name() const { return is_stored() ? stored().name : values().name; }
};

class QueryTables final : public duckdb::ClientContextState {
 public:
  // The number of the table from now on.
  std::size_t Add(std::variant<StoredTable, ValueTable> table);
  const ScanTable& table(std::size_t number) const { return *tables_[number]; }
  std::size_t size() const { return tables_.size(); }
  const Names& names() const { return names_; }
  // After the last Add: gives every column its inner name.
  void FixNames();

  // What the scan functions are called with. Throws duckdb::InternalException for a bad number.
  static const ScanTable& Find(duckdb::ClientContext& context, std::size_t number);
  static void Attach(duckdb::ClientContext& context, duckdb::shared_ptr<QueryTables> tables);
  // nullptr: no statement of ours runs there.
  static duckdb::shared_ptr<QueryTables> Of(duckdb::ClientContext& context);

  // Which columns of the result are tags (sql/plan_watch.h).
  void set_tag_outputs(std::vector<bool> tags) { tag_outputs_ = std::move(tags); }
  bool is_tag_output(std::size_t column) const {
    return column < tag_outputs_.size() && tag_outputs_[column];
  }

 private:
  std::vector<std::unique_ptr<const ScanTable>> tables_;
  Names names_;
  std::vector<bool> tag_outputs_;
};

// Column types and inner names, for a scan function's bind.
void DescribeColumns(const ScanTable& table, duckdb::vector<duckdb::LogicalType>& types,
                     duckdb::vector<std::string>& names);

}  // namespace tidemill::sql
