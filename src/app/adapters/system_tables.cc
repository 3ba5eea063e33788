#include "app/adapters/system_tables.h"

#include "app/adapters/internal_tables.h"
#include "model/names.h"
#include "query/stored_table.h"
#include "query/value_table_builder.h"

namespace tidemill::app {
namespace {

using columnar::ValueKind;
using query::MakeColumn;

// Calls `visit(database name, trigger)` for the triggers that `database` may see: its own; all from
// `_internal`.
template <typename Visit>
void ForEachTrigger(const catalog::Snapshot& snapshot, std::string_view database, Visit visit) {
  for (const auto& [name, entry] : snapshot.databases) {
    if (name != database && database != model::kInternalDatabase) continue;
    for (const auto& [unused, trigger] : entry->triggers) visit(name, *trigger);
  }
}

class TriggersTable final : public query::SystemTable {
 public:
  explicit TriggersTable(catalog::Catalog& catalog) : catalog_(catalog) {}
  std::string_view name() const override { return "processing_engine_triggers"; }
  std::vector<columnar::ValueColumn> columns() const override {
    return {MakeColumn("trigger_name", ValueKind::kString),
            MakeColumn("plugin_filename", ValueKind::kString),
            MakeColumn("trigger_specification", ValueKind::kString),
            MakeColumn("disabled", ValueKind::kBool),
            MakeColumn("error_behavior", ValueKind::kString)};
  }
  Result<sql::ResolvedTable> Resolve(std::string_view database) override {
    query::ValueTableBuilder rows(name(), columns());
    ForEachTrigger(*catalog_.Get(), database,
                   [&](const std::string&, const model::Trigger& trigger) {
                     rows.AddRow({trigger.name, trigger.plugin_filename,
                                  model::PrintTriggerSpecJson(trigger.spec), trigger.disabled,
                                  std::string(model::PrintErrorBehavior(trigger.error_behavior))});
                   });
    return sql::ResolvedTable{rows.Finish(), ""};
  }

 private:
  catalog::Catalog& catalog_;
};

class TriggerArgumentsTable final : public query::SystemTable {
 public:
  explicit TriggerArgumentsTable(catalog::Catalog& catalog) : catalog_(catalog) {}
  std::string_view name() const override { return "processing_engine_trigger_arguments"; }
  std::vector<columnar::ValueColumn> columns() const override {
    return {MakeColumn("trigger_name", ValueKind::kString),
            MakeColumn("argument_key", ValueKind::kString),
            MakeColumn("argument_value", ValueKind::kString)};
  }
  Result<sql::ResolvedTable> Resolve(std::string_view database) override {
    query::ValueTableBuilder rows(name(), columns());
    ForEachTrigger(*catalog_.Get(), database,
                   [&](const std::string&, const model::Trigger& trigger) {
                     if (!trigger.arguments) return;
                     for (const auto& [key, value] : *trigger.arguments)
                       rows.AddRow({trigger.name, key, value});
                   });
    return sql::ResolvedTable{rows.Finish(), ""};
  }

 private:
  catalog::Catalog& catalog_;
};

// How each enabled trigger stands: ours, the existing product has no such table.
class TriggerStatusTable final : public query::SystemTable {
 public:
  explicit TriggerStatusTable(const engine::ProcessingEngine& engine) : engine_(engine) {}
  std::string_view name() const override { return "processing_engine_trigger_status"; }
  std::vector<columnar::ValueColumn> columns() const override {
    return {MakeColumn("database_name", ValueKind::kString),
            MakeColumn("trigger_name", ValueKind::kString),
            MakeColumn("state", ValueKind::kString),
            MakeColumn("low_water", ValueKind::kUInt64),
            MakeColumn("runs", ValueKind::kUInt64),
            MakeColumn("failures", ValueKind::kUInt64),
            MakeColumn("last_error", ValueKind::kString),
            MakeColumn("disabled_reason", ValueKind::kString),
            MakeColumn("disabled_at", ValueKind::kTimestamp)};
  }
  Result<sql::ResolvedTable> Resolve(std::string_view database) override {
    query::ValueTableBuilder rows(name(), columns());
    for (const engine::TriggerStatus& status : engine_.Statuses()) {
      if (status.database != database && database != model::kInternalDatabase) continue;
      const model::Trigger& trigger = *status.trigger;
      const bool by_server = !trigger.disabled_reason.empty();
      rows.AddRow({status.database, trigger.name, status.state, status.low_water, status.runs,
                   status.failures, status.last_error,
                   by_server ? query::Cell(trigger.disabled_reason) : query::Cell(),
                   by_server ? query::Cell(trigger.disabled_at) : query::Cell()});
    }
    return sql::ResolvedTable{rows.Finish(), ""};
  }

 private:
  const engine::ProcessingEngine& engine_;
};

// A view over a table of `_internal`: the rows of one database.
class InternalView final : public query::SystemTable {
 public:
  InternalView(std::string_view name, std::vector<columnar::ValueColumn> columns,
               catalog::Catalog& catalog, storage::Storage& storage)
      : name_(name), columns_(std::move(columns)), catalog_(catalog), storage_(storage) {}
  std::string_view name() const override { return name_; }
  std::vector<columnar::ValueColumn> columns() const override { return columns_; }

  Result<sql::ResolvedTable> Resolve(std::string_view database) override {
    const auto snapshot = catalog_.Get();
    const catalog::Table* table = snapshot->FindTable(model::kInternalDatabase, name_);
    if (table == nullptr)
      return sql::ResolvedTable{query::ValueTableBuilder(name_, columns_).Finish(),
                                ""};  // nothing ran yet
    const auto version = storage_.Look(snapshot).Pin(table->id);
    return sql::ResolvedTable{
        query::MakeStoredTable(std::string(model::kInternalDatabase), *table, version),
        View(database)};
  }

 private:
  std::string View(std::string_view database) const {
    std::string view = "SELECT ";
    for (const auto& column : columns_) {
      if (&column != &columns_.front()) view += ", ";
      view += column.name == "event_time" ? "time AS event_time" : column.name;
    }
    view += " FROM input";
    if (database == model::kInternalDatabase) return view;
    // Database names hold no quotes (model/names.h).
    return view + " WHERE database_name = '" + std::string(database) + "'";
  }

  const std::string_view name_;
  const std::vector<columnar::ValueColumn> columns_;
  catalog::Catalog& catalog_;
  storage::Storage& storage_;
};

std::vector<columnar::ValueColumn> LogColumns() {
  // `event_time` is the older name of `time`; both answer.
  return {MakeColumn("time", ValueKind::kTimestamp),
          MakeColumn("event_time", ValueKind::kTimestamp),
          MakeColumn("database_name", ValueKind::kString),
          MakeColumn("trigger_name", ValueKind::kString),
          MakeColumn("log_level", ValueKind::kString),
          MakeColumn("log_text", ValueKind::kString),
          MakeColumn("run_id", ValueKind::kString)};
}

std::vector<columnar::ValueColumn> RunColumns() {
  return {MakeColumn("time", ValueKind::kTimestamp),
          MakeColumn("database_name", ValueKind::kString),
          MakeColumn("trigger_name", ValueKind::kString),
          MakeColumn("run_id", ValueKind::kString),
          MakeColumn("batch_id", ValueKind::kString),
          MakeColumn("attempt", ValueKind::kInt64),
          MakeColumn("kind", ValueKind::kString),
          MakeColumn("plugin_filename", ValueKind::kString),
          MakeColumn("outcome", ValueKind::kString),
          MakeColumn("error", ValueKind::kString),
          MakeColumn("traceback", ValueKind::kString),
          MakeColumn("first_sequence", ValueKind::kInt64),
          MakeColumn("last_sequence", ValueKind::kInt64),
          MakeColumn("rows_in", ValueKind::kInt64),
          MakeColumn("lines_out", ValueKind::kInt64),
          MakeColumn("duration_ns", ValueKind::kInt64)};
}

}  // namespace

void RegisterEngineTables(query::QueryService& queries, catalog::Catalog& catalog,
                          storage::Storage& storage, const engine::ProcessingEngine& engine) {
  queries.Register(std::make_unique<TriggersTable>(catalog));
  queries.Register(std::make_unique<TriggerArgumentsTable>(catalog));
  queries.Register(std::make_unique<TriggerStatusTable>(engine));
  queries.Register(std::make_unique<InternalView>(kLogsTable, LogColumns(), catalog, storage));
  queries.Register(std::make_unique<InternalView>(kRunsTable, RunColumns(), catalog, storage));
}

}  // namespace tidemill::app
