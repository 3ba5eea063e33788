// For tests: log, tables and queries with the real engines, on a disk that can fail and a clock
// that is turned by hand. The catalog lives in memory and outlasts restarts.
#pragma once

#include <fmt/format.h>

#include <bit>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "query/query_fakes.h"
#include "query/query_service.h"
#include "storage/storage_fakes.h"
#include "testing/fault_file_system.h"
#include "testing/manual_clock.h"

namespace tidemill::query {

class TestNode {
 public:
  using TablePtr = std::shared_ptr<const catalog::Table>;

  ~TestNode() { Stop(); }

  Status Start() {
    store_ = objectstore::MakeLocalStore(fs, "/data");
    TRY_ASSIGN(internal_, sql::InternalEngine::Open(*store_, {}));
    TRY_ASSIGN(user_, sql::UserEngine::Open(*store_, clock, {.threads = 2}));
    TRY_ASSIGN(storage_, storage::Storage::Open(
                             fs, clock, random_, *store_, catalog.get(), *internal_, metrics,
                             {.manifest_path = "/data/n/manifest", .object_prefix = "n/"}));
    wal::Wal::Options wal_options;
    wal_options.directory = "/data/n/wal";
    wal_options.reserve_bytes = 8 << 10;  // memory here: small files make a start cheap
    wal_options.segment_bytes = 256 << 10;
    TRY_ASSIGN(wal_, wal::Wal::Open(fs, clock, random_, metrics, wal_options,
                                    [this](const wal::CommittedRecord& record) {
                                      return storage_->Replay(record);
                                    }));
    TRY(storage_->Start(*wal_));
    wal_->Start({storage_.get()});
    service_.emplace(clock, catalog.get(), *storage_, *user_, *internal_, metrics,
                     QueryService::Options{});
    return Ok();
  }

  // Without a flush.
  void Stop() {
    service_.reset();
    if (wal_ != nullptr) wal_->Stop();
    if (storage_ != nullptr) storage_->Stop();
    storage_.reset();
    wal_.reset();
    user_.reset();
    internal_.reset();
  }

  Result<Sequence> Write(const TablePtr& table, const std::vector<storage::TestRow>& rows) {
    return storage::Await(wal_->Append(storage::MakeRecord(catalog.get(), {{table, rows}})));
  }

  // "a|b|NULL", row by row; or the error, as the one row there is.
  std::vector<std::string> Query(const std::string& database, const std::string& sql) {
    QueryRequest request;
    request.database = database;
    request.statement.text = sql;
    auto query = service_->Start(request);
    if (!query.ok()) return {query.error().message};
    std::vector<std::string> rows;
    while (true) {
      auto batch = (*query)->Next();
      if (!batch.ok()) return {batch.error().message};
      if (!batch->has_value()) return rows;
      for (std::size_t row = 0; row < (*batch)->rows; ++row) rows.push_back(RowOf(**batch, row));
    }
  }

  storage::Storage& storage() { return *storage_; }
  objectstore::ObjectStore& store() { return *store_; }

  testing::FaultFileSystem fs;
  testing::ManualClock clock;
  observe::Metrics metrics;
  storage::TestCatalog catalog;

 private:
  static std::string RowOf(const columnar::ValueBatch& batch, std::size_t row) {
    std::string text;
    for (const columnar::ValueVector& column : batch.columns) {
      if (!text.empty()) text += "|";
      text += column.type.kind == columnar::ValueKind::kFloat64 && !column.IsNull(row)
                  ? fmt::format("{}", std::bit_cast<double>(column.words[row]))
                  : CellText(column, row);
    }
    return text;
  }

  testing::SeededRandom random_;
  std::unique_ptr<objectstore::ObjectStore> store_;
  std::unique_ptr<sql::InternalEngine> internal_;
  std::unique_ptr<sql::UserEngine> user_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<wal::Wal> wal_;
  std::optional<QueryService> service_;
};

}  // namespace tidemill::query
