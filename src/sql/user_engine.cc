// The engine for users' statements: see sql/engine.h.
#include <utility>

#include "base/status_macros.h"
#include "base/strings.h"
#include "duckdb/main/config.hpp"
#include "duckdb/main/connection.hpp"
#include "sql/buffer_scan.h"
#include "sql/duckdb_errors.h"
#include "sql/duckdb_instance.h"
#include "sql/engine.h"
#include "sql/functions/functions.h"
#include "sql/gate.h"
#include "sql/identifiers.h"
#include "sql/instance_keeper.h"
#include "sql/merge_input.h"
#include "sql/merge_scan.h"
#include "sql/object_names.h"
#include "sql/parquet_scan.h"
#include "sql/plan_watch.h"
#include "sql/result_stream.h"
#include "sql/rewrite.h"
#include "sql/value_scan.h"

namespace tidemill::sql {
namespace {

class DuckUserEngine final : public UserEngine {
 public:
  explicit DuckUserEngine(std::unique_ptr<InstanceKeeper> instance)
      : instance_(std::move(instance)) {}

  Result<std::unique_ptr<ResultStream>> Start(const Statement& statement, NameResolver& resolver,
                                              Timestamp now) override {
    if (!IsValidUtf8(statement.text)) return InvalidError("the query is not valid UTF-8");
    if (statement.text.find('\0') != std::string::npos)
      return InvalidError("the query holds a NUL character, which SQL text cannot");
    std::string text = FoldIdentifiers(statement.text);
    TRY_ASSIGN(auto show, RewriteShow(text));
    if (show) {
      if (show->table) TRY(resolver.Resolve(show->table->schema, show->table->name));
      text = std::move(show->text);
    }
    return CatchingErrors(text, [&]() -> Result<std::unique_ptr<ResultStream>> {
      TRY_ASSIGN(const auto database, instance_->Current());
      auto connection = std::make_unique<duckdb::Connection>(*database);
      auto tables = duckdb::make_shared_ptr<QueryTables>();
      TRY_ASSIGN(GatedStatement gated,
                 PassGate(text, statement, resolver, now, *connection->context, *tables));
      QueryTables::Attach(*connection->context, tables);
      return DuckResultStream::Start(std::move(connection), std::move(gated), std::move(text),
                                     std::move(tables));
    });
  }

 private:
  const std::unique_ptr<InstanceKeeper> instance_;
};

Status RegisterFunctions(duckdb::DuckDB& database, std::shared_ptr<duckdb::DuckDB> merge_reader) {
  return CatchingErrors("", [&]() -> Status {
    // The built-in functions that ours are made from live in the catalog, which a transaction sees.
    duckdb::Connection connection(database);
    connection.BeginTransaction();
    duckdb::ExtensionLoader loader(*database.instance, "tidemill");
    loader.RegisterFunction(MakeBufferScan());
    loader.RegisterFunction(MakeMergeScan(std::move(merge_reader)));
    loader.RegisterFunction(MakeValueScan());
    RegisterParquetScan(loader);
    RegisterDateBin(loader);
    RegisterDateTrunc(loader);
    RegisterTimeArithmetic(loader);
    RegisterTimeConversions(loader);
    RegisterSum(loader);
    RegisterTypeFunctions(loader);
    connection.Commit();
    return RegisterMacros(database);
  });
}

Result<std::shared_ptr<duckdb::DuckDB>> OpenUserInstance(const InstanceOptions& options,
                                                         objectstore::ObjectStore& store) {
  TRY_ASSIGN(auto merge_reader, OpenMergeReader(store));
  TRY_ASSIGN(auto database, OpenInstance(options));
  WatchPlans(duckdb::DBConfig::GetConfig(*database->instance));
  TRY(RegisterFunctions(*database, std::move(merge_reader)));
  TRY(LockDown(*database, options));
  return database;
}

}  // namespace

Result<std::unique_ptr<UserEngine>> UserEngine::Open(objectstore::ObjectStore& store, Clock&,
                                                     Options options) {
  const InstanceOptions instance{.memory_bytes = options.memory_bytes,
                                 .threads = options.threads,
                                 .spill_directory = options.spill_directory,
                                 .keeps_row_order = false,
                                 .mounts = {{kObjectScheme, store}}};
  TRY_ASSIGN(auto keeper, InstanceKeeper::Open(
                              [instance, &store] { return OpenUserInstance(instance, store); }));
  return std::unique_ptr<UserEngine>(std::make_unique<DuckUserEngine>(std::move(keeper)));
}

}  // namespace tidemill::sql
