// system.queries: the newest queries of the whole server.
#include "query/system_tables/system_tables.h"
#include "query/value_table_builder.h"

namespace tidemill::query {
namespace {

using columnar::ValueKind;

class QueriesTable final : public SystemTable {
 public:
  explicit QueriesTable(const QueryLog& log) : log_(log) {}

  std::string_view name() const override { return "queries"; }

  std::vector<columnar::ValueColumn> columns() const override {
    return {MakeColumn("id", ValueKind::kString),
            MakeColumn("phase", ValueKind::kString),
            MakeColumn("issue_time", ValueKind::kTimestamp),
            MakeColumn("query_type", ValueKind::kString),
            MakeColumn("query_text", ValueKind::kString),
            MakeColumn("partitions", ValueKind::kInt64),
            MakeColumn("parquet_files", ValueKind::kInt64),
            MakeColumn("plan_duration", ValueKind::kInterval),
            MakeColumn("permit_duration", ValueKind::kInterval),
            MakeColumn("execute_duration", ValueKind::kInterval),
            MakeColumn("end2end_duration", ValueKind::kInterval),
            MakeColumn("compute_duration", ValueKind::kInterval),
            MakeColumn("max_memory", ValueKind::kInt64),
            MakeColumn("success", ValueKind::kBool),
            MakeColumn("running", ValueKind::kBool),
            MakeColumn("cancelled", ValueKind::kBool),
            MakeColumn("trace_id", ValueKind::kString)};
  }

  Result<sql::ResolvedTable> Resolve(std::string_view) override {
    ValueTableBuilder rows(name(), columns());
    for (const QueryRecord& query : log_.All()) {
      rows.AddRow({query.id, std::string(PrintQueryPhase(query.phase)), query.issued,
                   std::string("sql"), query.text, Cell(), CellOf(query.parquet_files),
                   CellOf(query.plan_duration), Cell(), CellOf(query.execute_duration),
                   CellOf(query.end2end_duration), Cell(), Cell(),
                   query.phase == QueryPhase::kSuccess, query.is_running(),
                   query.phase == QueryPhase::kCancel, Cell()});
    }
    return sql::ResolvedTable{rows.Finish(), ""};
  }

 private:
  const QueryLog& log_;
};

}  // namespace

std::unique_ptr<SystemTable> MakeQueriesTable(const QueryLog& log) {
  return std::make_unique<QueriesTable>(log);
}

}  // namespace tidemill::query
