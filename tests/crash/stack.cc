#include "stack.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/strings.h"
#include "model/names.h"

namespace tidemill::crash {
namespace {

// The fakes say "t=5 2=a 3=#7": a column's number becomes its name, and the order that of names.
// What does not look so (a damaged file) stays as it is.
std::string NamedRow(std::string_view row, const catalog::Table& table) {
  std::map<std::string, std::string> cells;
  for (const std::string_view cell : Split(row, ' ')) {
    const std::size_t equals = cell.find('=');
    if (equals == std::string_view::npos) return std::string(row);
    std::string name(cell.substr(0, equals));
    std::uint32_t id = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), id).ec == std::errc()) {
      const auto* column = table.schema.Find(ColumnId(id));
      if (column != nullptr) name = column->name;
    }
    cells[name] = cell.substr(equals + 1);
  }
  std::string text;
  for (const auto& [name, value] : cells) text += fmt::format(" {}={}", name, value);
  return text.substr(1);
}

Task<WriteResult> WriteOwned(ingest::WriteService& writes, ingest::WriteRequest request) {
  auto outcome = co_await writes.Write(request);
  co_return outcome;
}

}  // namespace

Stack::Stack(FileSystem& fs, testing::ManualClock& clock, Random& random, Options options)
    : fs_(fs), clock_(clock), random_(random), options_(options) {}

// The order of app/node.cc.
Stack::~Stack() {
  if (storage_) storage_->Stop();
  if (wal_) wal_->Stop();
  if (catalog_) catalog_->Stop();
}

Status Stack::Start() {
  TRY_ASSIGN(directory_, app::OpenDataDirectory(fs_, kDataDirectory, "n"));
  objects_ = objectstore::MakeLocalStore(fs_, directory_.root);
  engine_ = std::make_unique<storage::FakeInternalEngine>(*objects_);
  catalog::Catalog::Options catalog_options;
  catalog_options.directory = directory_.node + "/catalog";
  catalog_options.fold_log_bytes = options_.fold_catalog_bytes;
  TRY_ASSIGN(catalog_, catalog::Catalog::Open(fs_, random_, catalog_options));
  storage::Storage::Options storage_options;
  storage_options.manifest_path = directory_.node + "/manifest";
  storage_options.object_prefix = "n/";
  TRY_ASSIGN(storage_, storage::Storage::Open(fs_, clock_, random_, *objects_, *catalog_, *engine_,
                                              metrics_, storage_options));
  wal::Wal::Options wal_options;
  wal_options.directory = directory_.node + "/wal";
  wal_options.segment_bytes = options_.segment_bytes;
  wal_options.reserve_bytes = options_.reserve_bytes;
  const auto replay = [this](const wal::CommittedRecord& record) {
    return storage_->Replay(record);
  };
  TRY_ASSIGN(wal_, wal::Wal::Open(fs_, clock_, random_, metrics_, wal_options, replay));
  TRY(storage_->Start(*wal_));
  writes_ = std::make_unique<ingest::WriteService>(clock_, *catalog_, *wal_, *storage_, metrics_);
  wal_->Start({storage_.get()});
  return Ok();
}

Completion<WriteResult> Stack::StartWrite(ingest::WriteRequest request) {
  Completion<WriteResult> done;
  StartTask(WriteOwned(*writes_, std::move(request)),
            [done](WriteResult outcome) { done.Complete(std::move(outcome)); });
  return done;
}

WriteResult Stack::Write(std::string database, std::string body) {
  ingest::WriteRequest request;
  request.database = std::move(database);
  request.body = std::move(body);
  return Await(StartWrite(std::move(request)));
}

Status Stack::Flush() {
  TRY(storage_->FlushAll());
  return Ok();
}

Result<Rows> Stack::Read() { return ReadTables(true); }

Rows Stack::ReadMemory() { return ReadTables(false).value(); }

Result<Rows> Stack::ReadTables(bool with_files) {
  const storage::View view = storage_->Look(catalog_->Get());
  const auto snapshot = catalog_->Get();  // after the view: it names every column in it
  Rows rows;
  for (const auto& [name, database] : snapshot->databases) {
    for (const auto& [table_name, table] : database->tables) {
      const storage::VersionPtr version = view.Pin(table->id);
      std::vector<std::string> texts = storage::ReadSlices(version->chunks);
      for (const auto& file : with_files ? version->files : storage::FileList()) {
        TRY_ASSIGN(const std::string bytes, objects_->Get(file->object));
        for (const std::string_view line : Split(bytes, '\n')) {
          if (!line.empty()) texts.emplace_back(line);
        }
      }
      for (std::string& text : texts) text = NamedRow(text, *table);
      if (!texts.empty()) rows[name + "." + table_name] = std::move(texts);
    }
  }
  return rows;
}

Facts Stack::ReadFacts() const {
  Facts facts;
  const auto snapshot = catalog_->Get();
  for (const auto& [name, database] : snapshot->databases) {
    if (name == model::kInternalDatabase) continue;
    facts["database " + name] = "";
    if (database->retention) {
      facts["retention " + name] = fmt::format("{} ns", database->retention->count());
    }
    for (const auto& [table_name, table] : database->tables) {
      facts["table " + name + "." + table_name] = "";
      for (const model::Column& column : table->schema.columns) {
        facts[fmt::format("column {}.{}.{}", name, table_name, column.name)] =
            model::IoxTypeName(column.kind, column.type);
      }
    }
    for (const auto& [trigger_name, trigger] : database->triggers) {
      facts["trigger " + name + "." + trigger_name] = trigger->disabled ? "disabled" : "enabled";
    }
  }
  return facts;
}

}  // namespace tidemill::crash
