#include "query/query_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "base/thread_pool.h"
#include "model/names.h"
#include "query/active_query.h"
#include "query/query_log.h"
#include "query/sources.h"
#include "query/system_tables/system_tables.h"

namespace tidemill::query {
namespace {

struct QueryMetrics {
  explicit QueryMetrics(observe::Metrics& metrics)
      : succeeded(Ended(metrics, "success")),
        failed(Ended(metrics, "fail")),
        cancelled(Ended(metrics, "cancel")),
        end2end(metrics.histogram("influxdb_iox_query_log_end2end_duration_seconds",
                                  "From the arrival of a query to its last row")) {}
  observe::Counter& Of(QueryPhase phase) {
    if (phase == QueryPhase::kSuccess) return succeeded;
    return phase == QueryPhase::kCancel ? cancelled : failed;
  }

  observe::Counter& succeeded;
  observe::Counter& failed;
  observe::Counter& cancelled;
  observe::Histogram& end2end;

 private:
  static observe::Counter& Ended(observe::Metrics& metrics, std::string phase) {
    return metrics.counter("influxdb_iox_query_log_phase_entered_total", "Queries that ended so",
                           {{"phase", std::move(phase)}});
  }
};

// Where a query is known while it runs: the log and the list of what can be stopped. It leaves both
// when this is destroyed.
class Registration {
 public:
  Registration(QueryLog& log, ActiveQueries& queries, QueryMetrics& metrics,
               std::shared_ptr<ActiveQuery> active, std::string_view text)
      : log_(log),
        queries_(queries),
        metrics_(metrics),
        active_(std::move(active)),
        number_(log.Begin(text)) {}
  ~Registration() {
    queries_.Remove(active_);
    const std::chrono::nanoseconds duration = log_.End(number_, outcome_);
    metrics_.Of(outcome_).Add();
    metrics_.end2end.Observe(duration.count());
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  ActiveQuery& active() { return *active_; }
  void Planned(std::size_t parquet_files) { log_.Planned(number_, parquet_files); }
  // A query that nobody reads to its end was cancelled.
  void EndedWith(QueryPhase outcome) { outcome_ = outcome; }
  // The error to show: whoever stopped the query knows better why it failed.
  Error Failed(Error error) {
    if (active_->stop_reason() != StopReason::kNone) return active_->StopError();
    outcome_ = QueryPhase::kFail;
    return error;
  }

 private:
  QueryLog& log_;
  ActiveQueries& queries_;
  QueryMetrics& metrics_;
  const std::shared_ptr<ActiveQuery> active_;
  const std::uint64_t number_;
  QueryPhase outcome_ = QueryPhase::kCancel;
};

class StreamingQuery final : public RunningQuery {
 public:
  StreamingQuery(std::unique_ptr<Registration> registration,
                 std::shared_ptr<sql::ResultStream> stream)
      : registration_(std::move(registration)), stream_(std::move(stream)) {
    registration_->active().Attach(stream_);
  }
  ~StreamingQuery() override { registration_->active().Detach(); }

  const std::vector<columnar::ValueColumn>& columns() const override { return stream_->columns(); }

  Result<std::optional<columnar::ValueBatch>> Next() override {
    ActiveQuery& active = registration_->active();
    active.CheckDeadline();
    if (active.stop_reason() != StopReason::kNone) return active.StopError();
    auto batch = stream_->Next();
    if (!batch.ok()) return registration_->Failed(std::move(batch).error());
    if (!batch->has_value()) registration_->EndedWith(QueryPhase::kSuccess);
    return batch;
  }

  void Cancel() override { registration_->active().Stop(StopReason::kCancelled); }

 private:
  std::unique_ptr<Registration> registration_;  // destroyed last
  std::shared_ptr<sql::ResultStream> stream_;
};

Result<const catalog::Database*> FindDatabase(const catalog::Snapshot& catalog,
                                              const std::string& name) {
  if (const catalog::Database* database = catalog.FindDatabase(name)) return database;
  std::string message = fmt::format("database not found: {}", name);
  if (const auto nearest = NearestName(name, catalog.DatabaseNames())) {
    message += fmt::format(", did you mean '{}'?", *nearest);
  }
  return NotFoundError(std::move(message));
}

}  // namespace

class QueryService::Impl {
 public:
  Impl(Clock& clock, catalog::Catalog& catalog, storage::Storage& storage, sql::UserEngine& engine,
       sql::InternalEngine& internal, observe::Metrics& metrics, Options options)
      : clock_(clock),
        catalog_(catalog),
        storage_(storage),
        engine_(engine),
        internal_(internal),
        metrics_(metrics),
        log_(clock),
        queries_(clock),
        pool_({.name = "query",
               .threads = options.concurrency,
               .queue_jobs_max = options.queue_max,
               .nice = 0}) {
    for (auto& table : MakeSystemTables(log_, catalog, storage)) Register(std::move(table));
  }

  void Register(std::unique_ptr<SystemTable> table) {
    const auto place = std::lower_bound(
        system_tables_.begin(), system_tables_.end(), table->name(),
        [](const auto& known, std::string_view name) { return known->name() < name; });
    system_tables_.insert(place, std::move(table));
  }

  // By name.
  std::vector<SystemTable*> SystemTablesOf(std::string_view database) const {
    std::vector<SystemTable*> visible;
    for (const auto& table : system_tables_) {
      if (table->internal_only() && database != model::kInternalDatabase) continue;
      visible.push_back(table.get());
    }
    return visible;
  }

  // The story of a query. The catalog first: a write that was answered before is in the view.
  Result<std::unique_ptr<RunningQuery>> Start(const QueryRequest& request) {
    const catalog::Catalog::SnapshotPtr catalog = catalog_.Get();
    TRY_ASSIGN(const catalog::Database* database, FindDatabase(*catalog, request.database));
    TRY_ASSIGN(auto active, queries_.Add(request.time_limit));
    auto registration = std::make_unique<Registration>(log_, queries_, metrics_, std::move(active),
                                                       request.statement.text);
    Sources sources(storage_.Look(catalog), catalog, *database, SystemTablesOf(database->name));
    auto stream = engine_.Start(request.statement, sources, clock_.Now());
    if (!stream.ok()) return registration->Failed(std::move(stream).error());
    registration->Planned(sources.parquet_files());
    return std::unique_ptr<RunningQuery>(
        std::make_unique<StreamingQuery>(std::move(registration), std::move(*stream)));
  }

  Result<std::string> ParquetBytes(RunningQuery& query) {
    return internal_.ParquetBytes(query.columns(), [&] { return query.Next(); });
  }

  bool Submit(std::function<void()> job) { return pool_.TryPost(std::move(job)); }

  // The queries first, so that the pool's threads come to an end.
  void Stop() {
    queries_.Stop();
    pool_.Stop();
  }

 private:
  Clock& clock_;
  catalog::Catalog& catalog_;
  storage::Storage& storage_;
  sql::UserEngine& engine_;
  sql::InternalEngine& internal_;
  QueryMetrics metrics_;
  QueryLog log_;
  ActiveQueries queries_;
  std::vector<std::unique_ptr<SystemTable>> system_tables_;  // by name
  ThreadPool pool_;                                          // last: its jobs use all of the above
};

QueryService::QueryService(Clock& clock, catalog::Catalog& catalog, storage::Storage& storage,
                           sql::UserEngine& engine, sql::InternalEngine& internal,
                           observe::Metrics& metrics, Options options)
    : impl_(std::make_unique<Impl>(clock, catalog, storage, engine, internal, metrics, options)) {}

QueryService::~QueryService() { Stop(); }

void QueryService::Register(std::unique_ptr<SystemTable> table) {
  impl_->Register(std::move(table));
}

std::vector<std::string> QueryService::SystemTableNames(std::string_view database) const {
  std::vector<std::string> names;
  for (const SystemTable* table : impl_->SystemTablesOf(database))
    names.emplace_back(table->name());
  return names;
}

bool QueryService::Submit(std::function<void()> job) { return impl_->Submit(std::move(job)); }

Result<std::unique_ptr<RunningQuery>> QueryService::Start(const QueryRequest& request) {
  return impl_->Start(request);
}

Result<std::string> QueryService::ParquetBytes(RunningQuery& query) {
  return impl_->ParquetBytes(query);
}

void QueryService::Stop() { impl_->Stop(); }

}  // namespace tidemill::query
