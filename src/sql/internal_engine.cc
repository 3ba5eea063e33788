// The engine for our own Parquet work: see sql/engine.h. No text of a user reaches it.
#include <atomic>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "base/strings.h"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/main/materialized_query_result.hpp"
#include "sql/batch_scan.h"
#include "sql/duckdb_errors.h"
#include "sql/duckdb_instance.h"
#include "sql/engine.h"
#include "sql/instance_keeper.h"
#include "sql/merge_input.h"
#include "sql/names.h"
#include "sql/object_names.h"

namespace tidemill::sql {
namespace {

constexpr std::size_t kRowGroupRowsMax = 122'880;
// A row group is held in memory, uncompressed, until it is full: well below the memory there is.
constexpr std::size_t kRowGroupBytesMax = 32 << 20;

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

// Result columns may share a name (SELECT a.x, b.x): the later ones get a number.
std::vector<std::string> UniqueNames(const std::vector<columnar::ValueColumn>& columns) {
  Names names;
  std::vector<std::string> given;
  for (const columnar::ValueColumn& column : columns) given.push_back(column.name);
  names.AddTable(given);
  std::set<std::string> taken;
  for (std::string& name : given) {
    const std::string inner = names.Inner(name);
    name = inner;
    for (int i = 1; !taken.insert(ToLowerAscii(name)).second; ++i) {
      name = inner + "_" + std::to_string(i);
    }
  }
  return given;
}

std::string CopyStatement(const std::string& path, const BatchInput& input,
                          const std::vector<std::uint32_t>& field_ids) {
  std::string ids;
  for (std::size_t i = 0; i < field_ids.size(); ++i) {
    if (field_ids[i] == 0) continue;
    ids += (ids.empty() ? "" : ", ") + Quoted(input.names[i]) + ": " + std::to_string(field_ids[i]);
  }
  return "COPY (SELECT * FROM " + std::string(kBatchScan) + "()) TO " + Quoted(path) +
         " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE " + std::to_string(kRowGroupRowsMax) +
         ", ROW_GROUP_SIZE_BYTES " + std::to_string(kRowGroupBytesMax) + ", USE_TMP_FILE false" +
         (ids.empty() ? "" : ", FIELD_IDS {" + ids + "}") + ")";
}

class DuckInternalEngine final : public InternalEngine {
 public:
  DuckInternalEngine(objectstore::ObjectStore& store,
                     std::unique_ptr<objectstore::ObjectStore> scratch,
                     std::unique_ptr<InstanceKeeper> instance,
                     std::unique_ptr<InstanceKeeper> reader)
      : store_(store),
        scratch_(std::move(scratch)),
        instance_(std::move(instance)),
        reader_(std::move(reader)) {}

  Result<WrittenParquet> WriteParquet(const std::string& object,
                                      const std::vector<ParquetColumn>& columns,
                                      BatchSource source) override {
    std::vector<columnar::ValueColumn> plain;
    std::vector<std::uint32_t> field_ids;
    for (const ParquetColumn& column : columns) {
      plain.push_back(column.column);
      field_ids.push_back(column.field_id);
    }
    TRY_ASSIGN(WrittenParquet written, Write(std::string(kObjectScheme) + object, std::move(plain),
                                             field_ids, std::move(source)));
    TRY_ASSIGN(const auto reader, store_.Open(object));
    written.bytes = reader->bytes();
    return written;
  }

  Result<columnar::MergeRuns::Run> ReadParquet(const ParquetFile& file,
                                               const std::vector<model::Column>& columns) override {
    return CatchingErrors("", [&]() -> Result<columnar::MergeRuns::Run> {
      TRY_ASSIGN(auto reader, reader_->Current());
      return MakeFileRun(file, columns, std::move(reader));
    });
  }

  Result<std::string> ParquetBytes(const std::vector<columnar::ValueColumn>& columns,
                                   BatchSource source) override {
    const std::string object = "answer/" + std::to_string(next_answer_.fetch_add(1));
    const std::vector<std::uint32_t> no_ids(columns.size(), 0);
    TRY(Write(std::string(kMemoryScheme) + object, columns, no_ids, std::move(source)));
    auto bytes = scratch_->Get(object);
    TRY(scratch_->Delete(object));
    return bytes;
  }

 private:
  Result<WrittenParquet> Write(const std::string& path, std::vector<columnar::ValueColumn> columns,
                               const std::vector<std::uint32_t>& field_ids, BatchSource source) {
    auto input = duckdb::make_shared_ptr<BatchInput>();
    input->names = UniqueNames(columns);
    input->columns = std::move(columns);
    input->source = std::move(source);
    const std::string statement = CopyStatement(path, *input, field_ids);
    const Status copied = CatchingErrors(statement, [&]() -> Status {
      TRY_ASSIGN(const auto database, instance_->Current());
      duckdb::Connection connection(*database);
      BatchInput::Attach(*connection.context, input);
      const auto result = connection.Query(statement);
      if (result->HasError()) return ToError(result->GetErrorObject(), "");
      return Ok();
    });
    if (input->error) return std::move(*input->error);
    if (!copied.ok()) return copied.error();
    return WrittenParquet{.bytes = 0,
                          .rows = input->rows,
                          .min_time = Timestamp(input->min_time),
                          .max_time = Timestamp(input->max_time)};
  }

  objectstore::ObjectStore& store_;
  const std::unique_ptr<objectstore::ObjectStore> scratch_;
  const std::unique_ptr<InstanceKeeper> instance_;
  const std::unique_ptr<InstanceKeeper> reader_;
  std::atomic<std::uint64_t> next_answer_ = 0;
};

Result<std::shared_ptr<duckdb::DuckDB>> OpenInternalInstance(const InstanceOptions& options) {
  TRY_ASSIGN(auto database, OpenInstance(options));
  TRY(CatchingErrors("", [&]() -> Status {
    duckdb::ExtensionLoader(*database->instance, "tidemill").RegisterFunction(MakeBatchScan());
    return Ok();
  }));
  TRY(LockDown(*database, options));
  return database;
}

}  // namespace

Result<std::unique_ptr<InternalEngine>> InternalEngine::Open(objectstore::ObjectStore& store,
                                                             Options options) {
  auto scratch = objectstore::MakeMemoryStore();
  const InstanceOptions instance{
      .memory_bytes = options.memory_bytes,
      .threads = options.threads,
      .spill_directory = "",
      // One thread reads the one source there is, so rows stay in order; with this on, DuckDB would
      // not count the bytes of a row group.
      .keeps_row_order = false,
      .mounts = {{kObjectScheme, store, ObjectFileSystem::Access::kReadWrite},
                 {kMemoryScheme, *scratch, ObjectFileSystem::Access::kReadWrite}}};
  TRY_ASSIGN(auto keeper,
             InstanceKeeper::Open([instance] { return OpenInternalInstance(instance); }));
  TRY_ASSIGN(auto reader, InstanceKeeper::Open([&store] { return OpenMergeReader(store); }));
  return std::unique_ptr<InternalEngine>(std::make_unique<DuckInternalEngine>(
      store, std::move(scratch), std::move(keeper), std::move(reader)));
}

}  // namespace tidemill::sql
