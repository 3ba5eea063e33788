#include "ingest/validator.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/check.h"
#include "ingest/row_selection.h"
#include "model/names.h"

namespace tidemill::ingest {
namespace {

using lineproto::ParsedLines;
using lineproto::ParsedTable;

// A rejected line before its text is looked up.
struct Finding {
  std::uint32_t line_number = 0;
  std::uint32_t offset = 0;
  const std::string* message = nullptr;
  bool is_limit = false;
};

// How many tables a write to `database` may still create.
std::size_t TablesLeft(const catalog::Snapshot& snapshot, std::string_view database,
                       const model::Limits& limits) {
  if (database == model::kInternalDatabase) return SIZE_MAX;  // the server's own do not count
  const catalog::Database* const internal = snapshot.FindDatabase(model::kInternalDatabase);
  const std::size_t there =
      snapshot.table_count() - (internal == nullptr ? 0 : internal->tables.size());
  return limits.tables_max > there ? limits.tables_max - there : 0;
}

std::vector<Finding> CollectFindings(const ParsedLines& lines, const Verdict& verdict) {
  std::vector<Finding> findings;
  for (const lineproto::LineError& error : lines.errors) {
    findings.push_back({error.line_number, error.offset, &error.message, false});
  }
  for (std::size_t i = 0; i < lines.tables.size(); ++i) {
    const ParsedTable& table = lines.tables[i];
    for (const RefusedRow& refused : verdict.tables[i].refused) {
      findings.push_back({table.line_numbers[refused.row], table.line_offsets[refused.row],
                          &refused.message, refused.is_limit});
    }
  }
  std::sort(findings.begin(), findings.end(),
            [](const Finding& a, const Finding& b) { return a.offset < b.offset; });
  return findings;
}

void ListRejected(const ParsedLines& lines, std::string_view body, Verdict& verdict) {
  verdict.rejected_count = lines.error_count;
  for (std::size_t i = 0; i < lines.tables.size(); ++i) {
    verdict.rejected_count += lines.tables[i].rows.rows() - verdict.tables[i].kept_rows;
  }
  if (verdict.rejected_count == 0) return;
  std::vector<Finding> findings = CollectFindings(lines, verdict);
  findings.resize(std::min(findings.size(), kRejectedLinesMax));
  for (const Finding& finding : findings) {
    verdict.rejected.push_back(
        {.line_number = finding.line_number,
         .original_line = std::string(lineproto::OriginalLine(body, finding.offset)),
         .message = *finding.message,
         .is_limit = finding.is_limit});
  }
}

}  // namespace

Verdict Validate(const ParsedLines& lines, std::string_view body, const catalog::Snapshot& snapshot,
                 std::string_view database, const model::Limits& limits) {
  Verdict verdict;
  std::size_t tables_left = TablesLeft(snapshot, database, limits);
  for (const ParsedTable& parsed : lines.tables) {
    const catalog::Table* const table = snapshot.FindTable(database, parsed.name);
    if (table == nullptr && tables_left == 0) {
      verdict.tables.push_back(RefuseTable(parsed, limits.tables_max));
      continue;
    }
    TableVerdict& checked =
        verdict.tables.emplace_back(CheckTable(parsed, table, limits.columns_per_table_max));
    if (checked.missing.empty()) continue;
    if (table == nullptr) --tables_left;
    verdict.missing.push_back({.table = parsed.name, .columns = checked.missing});
  }
  ListRejected(lines, body, verdict);
  return verdict;
}

std::vector<wal::TableRows> TakeRows(ParsedLines& lines, const Verdict& verdict) {
  CHECK(verdict.missing.empty()) << "the schema lacks columns of these rows";
  std::vector<wal::TableRows> taken;
  for (std::size_t i = 0; i < lines.tables.size(); ++i) {
    const TableVerdict& table = verdict.tables[i];
    if (table.kept_rows == 0) continue;
    columnar::RowBlock& rows = lines.tables[i].rows;
    for (std::size_t tag = 0; tag < rows.tags.size(); ++tag)
      rows.tags[tag].column = table.tags[tag];
    for (std::size_t field = 0; field < rows.fields.size(); ++field)
      rows.fields[field].column = table.fields[field];
    taken.push_back(
        {.table = table.table,
         .rows = std::make_shared<const columnar::RowBlock>(
             table.kept_rows == rows.rows() ? std::move(rows) : SelectRows(rows, table.keep))});
  }
  return taken;
}

}  // namespace tidemill::ingest
