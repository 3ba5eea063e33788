#include "app/node.h"

#include <algorithm>
#include <thread>

#include "app/adapters/system_tables.h"
#include "app/adapters/wal_table.h"
#include "app/data_directory.h"
#include "app/program.h"
#include "app/replay_report.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "base/task.h"

namespace tidemill::app {
namespace {

std::size_t Cores() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace

Node::Node(ServeOptions options)
    : options_(std::move(options)), random_(MakeSystemRandom()), files_(MakePosixFileSystem()) {
  process_id_ = MakeUuid(*random_);
}

Node::~Node() { Stop(); }

Result<std::unique_ptr<Node>> Node::Start(ServeOptions options,
                                          std::function<bool()> is_stop_wanted) {
  std::unique_ptr<Node> node(new Node(std::move(options)));
  TRY(node->OpenStores());
  TRY(node->Listen());
  TRY(node->OpenLog(is_stop_wanted));
  TRY(node->StartEngine());
  node->Serve();
  return node;
}

Status Node::OpenStores() {
  if (options_.memory_store) {
    objects_ = objectstore::MakeMemoryStore();
  } else {
    TRY_ASSIGN(DataDirectory directory,
               OpenDataDirectory(*files_, options_.data_dir, options_.node_id));
    node_dir_ = directory.node;
    node_lock_ = std::move(directory.lock);
    objects_ = objectstore::MakeLocalStore(*files_, directory.root);
  }
  catalog::Catalog::Options catalog_options;
  if (!node_dir_.empty()) catalog_options.directory = node_dir_ + "/catalog";
  catalog_options.limits = options_.limits;
  TRY_ASSIGN(catalog_, catalog::Catalog::Open(*files_, *random_, catalog_options));
  TRY_ASSIGN(internal_sql_, sql::InternalEngine::Open(*objects_, {}));
  sql::UserEngine::Options user_options;
  user_options.threads = Cores();
  TRY_ASSIGN(user_sql_, sql::UserEngine::Open(*objects_, clock_, user_options));
  storage::Storage::Options storage_options;
  storage_options.object_prefix = options_.node_id + "/";
  if (!node_dir_.empty()) storage_options.manifest_path = node_dir_ + "/manifest";
  TRY_ASSIGN(storage_, storage::Storage::Open(*files_, clock_, *random_, *objects_, *catalog_,
                                              *internal_sql_, metrics_, storage_options));
  ShowBuffers();
  return Ok();
}

void Node::ShowBuffers() {
  metrics_.AddGauge("tidemill_storage_buffer_bytes", "Memory of rows that are not in files yet", {},
                    [this] { return static_cast<double>(storage_->buffer_bytes()); });
  metrics_.AddGauge("tidemill_storage_buffer_series", "Series of the rows in memory", {}, [this] {
    double series = 0;
    for (const storage::BufferedTable& table : storage_->Buffered()) series += table.series;
    return series;
  });
}

Status Node::OpenLog(const std::function<bool()>& is_stop_wanted) {
  wal::Wal::Options wal_options;
  if (!node_dir_.empty()) wal_options.directory = node_dir_ + "/wal";
  wal_options.reserve_bytes = options_.disk_reserve_bytes;
  ReplayReport report(clock_, *gate_, is_stop_wanted);
  wal_options.on_replay = [&](const wal::ReplayProgress& progress) {
    return report.Note(progress);
  };
  const auto replay = [this](const wal::CommittedRecord& record) {
    return storage_->Replay(record);
  };
  TRY_ASSIGN(wal_, wal::Wal::Open(*files_, clock_, *random_, metrics_, wal_options, replay));
  report.Finish(wal_->replayed(), storage_->rows_of_dropped_tables());
  return storage_->Start(*wal_);
}

Status Node::StartEngine() {
  writes_ = std::make_unique<ingest::WriteService>(clock_, *catalog_, *wal_, *storage_, metrics_);
  query::QueryService::Options query_options;
  query_options.concurrency = options_.query_concurrency != 0 ? options_.query_concurrency
                                                              : std::max<std::size_t>(2, Cores());
  query_options.queue_max = options_.query_queue;
  queries_ = std::make_unique<query::QueryService>(clock_, *catalog_, *storage_, *user_sql_,
                                                   *internal_sql_, metrics_, query_options);

  committer_ = std::make_unique<RunCommitterAdapter>(*writes_, *wal_, *storage_);
  query_runner_ = std::make_unique<QueryRunnerAdapter>(*queries_);
  plugin_files_ = std::make_unique<plugin_host::PluginFiles>(options_.plugin_dir);
  plugin_host::WorkerHost::Options host_options;
  host_options.python.plugin_dir = options_.plugin_dir;
  host_options.python.virtual_env = options_.virtual_env;
  host_options.python.worker_package_dir = WorkerPackageDirectory();
  host_options.python.environment = plugin_host::ProcessEnvironment();
  host_ = std::make_unique<plugin_host::WorkerHost>(clock_, host_options);

  engine::ProcessingEngine::Options engine_options;
  engine_options.batch_rows_max = options_.trigger_batch_rows;
  engine_options.run_interval_max = options_.wal_flush_interval;
  engine_options.run_time_limit = options_.trigger_time_limit;
  // The sink writes through the log, so the log must be running before the first row comes.
  log_sink_ = std::make_unique<LogSinkAdapter>(clock_, *writes_, metrics_);
  engine_ = std::make_unique<engine::ProcessingEngine>(clock_, *random_, *catalog_, *wal_, *host_,
                                                       *plugin_files_, *committer_, *query_runner_,
                                                       *log_sink_, metrics_, engine_options);
  // Rows are queryable before a trigger is woken: a plugin that queries what it was called for
  // finds it.
  wal_->Start({storage_.get(), engine_.get()});
  RegisterEngineTables(*queries_, *catalog_, *storage_, *engine_);
  queries_->Register(MakeWalTable(*catalog_, *storage_, *wal_));
  engine_->Start();
  return Ok();
}

server::ServerInfo Node::Info() const {
  server::ServerInfo info;
  info.version = std::string(Version());
  info.revision = std::string(Revision());
  info.process_id = process_id_;
  info.body_bytes_max = options_.body_bytes_max;
  if (options_.memory_store)
    info.storage_note = "object store memory: nothing is kept when the server stops";
  return info;
}

Status Node::Listen() {
  gate_ = std::make_unique<server::StartGate>(metrics_, Info());
  http::Server::Options http_options;
  http_options.bind = options_.http_bind;
  http_options.threads =
      options_.http_threads != 0 ? options_.http_threads : std::max<std::size_t>(2, Cores() / 4);
  http_options.body_bytes_max = options_.body_bytes_max;
  auto handler = [this](http::Request request) { return gate_->Handle(std::move(request)); };
  TRY_ASSIGN(server_, http::Server::Listen(http_options, handler, metrics_));
  return Ok();
}

void Node::Serve() {
  services_.reset(new server::Services{clock_, *catalog_, *wal_, *writes_, *queries_, *engine_,
                                       metrics_, Info()});
  services_->query_time_limit = options_.query_time_limit;
  router_ = std::make_unique<server::Router>(*services_);
  gate_->Open(*router_);
}

void Node::Stop() {
  if (std::exchange(stopped_, true)) return;
  if (server_) server_->Stop(options_.shutdown_timeout);
  if (engine_) engine_->Stop();
  if (host_) host_->Stop();
  if (log_sink_) log_sink_->Stop();
  if (queries_) queries_->Stop();
  if (storage_ && wal_) {
    // What is not flushed stays in the log and is replayed: a failure here loses nothing.
    if (auto flushed = storage_->FlushAll(); !flushed.ok())
      Log(LogLevel::kWarn, "storage", "flush at stop: {}", flushed.error().message);
  }
  if (storage_) storage_->Stop();
  if (wal_) wal_->Stop();
  if (catalog_) catalog_->Stop();
}

}  // namespace tidemill::app
