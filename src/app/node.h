// One running node: every object of the server, in the order in which they are made and stopped.
//
// No logic here: what depends on what, and nothing else. Start order is top to bottom, stop order
// is in Stop(): accept no more, finish requests, stop the engine, last WAL commit, flush, close.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/adapters/log_sink.h"
#include "app/adapters/query_runner.h"
#include "app/adapters/run_committer.h"
#include "app/options.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/random.h"
#include "catalog/catalog.h"
#include "engine/processing_engine.h"
#include "http/server.h"
#include "ingest/write_service.h"
#include "objectstore/object_store.h"
#include "observe/metrics.h"
#include "plugin_host/plugin_files.h"
#include "plugin_host/worker_host.h"
#include "query/query_service.h"
#include "server/router.h"
#include "server/services.h"
#include "server/start_gate.h"
#include "sql/engine.h"
#include "storage/storage.h"
#include "wal/wal.h"

namespace tidemill::app {

class Node {
 public:
  // Opens everything and serves. `options` is complete: node id, data directory and address are
  // filled in. The port answers from early on (server/start_gate.h). `is_stop_wanted` is asked now
  // and then while the log is replayed; true ends the start with kCancelled.
  static Result<std::unique_ptr<Node>> Start(ServeOptions options,
                                             std::function<bool()> is_stop_wanted);
  ~Node();

  // "127.0.0.1:8181", with the real port.
  std::string address() const { return server_->address(); }
  // "" when plugins can run; else why not.
  std::string engine_unavailable() const { return host_->Unavailable(); }
  std::size_t replayed_records() const { return wal_->replayed().records; }
  // Everything that was acknowledged is durable when this returns; safe twice.
  void Stop();

 private:
  explicit Node(ServeOptions options);
  Status OpenStores();
  Status Listen();
  void ShowBuffers();
  Status OpenLog(const std::function<bool()>& is_stop_wanted);
  Status StartEngine();
  void Serve();
  server::ServerInfo Info() const;

  const ServeOptions options_;
  std::string process_id_;  // UUID of this run
  SystemClock clock_;
  observe::Metrics metrics_;
  std::unique_ptr<Random> random_;
  std::unique_ptr<FileSystem> files_;
  std::string node_dir_;                 // empty: memory only
  std::unique_ptr<FileLock> node_lock_;  // on it; let go last of all
  std::unique_ptr<objectstore::ObjectStore> objects_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<sql::InternalEngine> internal_sql_;
  std::unique_ptr<sql::UserEngine> user_sql_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<wal::Wal> wal_;
  std::unique_ptr<ingest::WriteService> writes_;
  std::unique_ptr<query::QueryService> queries_;
  std::unique_ptr<RunCommitterAdapter> committer_;
  std::unique_ptr<QueryRunnerAdapter> query_runner_;
  std::unique_ptr<LogSinkAdapter> log_sink_;
  std::unique_ptr<plugin_host::PluginFiles> plugin_files_;
  std::unique_ptr<plugin_host::WorkerHost> host_;
  std::unique_ptr<engine::ProcessingEngine> engine_;
  std::unique_ptr<server::Services> services_;
  std::unique_ptr<server::Router> router_;
  std::unique_ptr<server::StartGate> gate_;
  std::unique_ptr<http::Server> server_;
  bool stopped_ = false;
};

}  // namespace tidemill::app
