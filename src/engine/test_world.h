// A small server for the engine's tests: a real catalog and a real log on a file system in memory,
// everything else fake, time and threads turned by hand.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "engine/processing_engine.h"
#include "observe/metrics.h"
#include "testing/fake_host.h"
#include "testing/fault_file_system.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"
#include "testing/recorders.h"
#include "testing/seeded_random.h"
#include "wal/wal.h"

namespace tidemill::engine {

using namespace std::chrono_literals;
using Values = std::vector<std::int64_t>;

// Who wrote a write, and how deep in a chain of triggers.
struct Writer {
  TriggerId origin;
  std::uint8_t depth = 0;
};

// One row per value, in the field "v" of the series {host=a}.
inline std::shared_ptr<const columnar::RowBlock> BlockOf(const catalog::Table& table,
                                                         const Values& values) {
  auto block = std::make_shared<columnar::RowBlock>();
  block->tags.push_back({table.schema.Find("host")->id, {}});
  block->tags[0].values.Append("a");
  block->series_codes = {1};
  block->series_count = 1;
  columnar::FieldColumn field;
  field.column = table.schema.Find("v")->id;
  field.type = model::DataType::kInt64;
  for (const std::int64_t value : values) {
    block->row_series.push_back(0);
    block->times.push_back(value);
    field.words.push_back(static_cast<std::uint64_t>(value));
  }
  block->fields.push_back(std::move(field));
  return block;
}

inline Values ValuesOf(const TableBatch& table) {
  Values values;
  for (const NamedBlock& block : table.blocks) {
    for (const std::uint64_t word : block.rows->fields[0].words) {
      values.push_back(static_cast<std::int64_t>(word));
    }
  }
  return values;
}

// All values of a call, table by table.
inline Values ValuesOf(const RunRequest& request) {
  Values values;
  for (const TableBatch& table : std::get<WriteCall>(request.call).tables) {
    for (const std::int64_t value : ValuesOf(table)) values.push_back(value);
  }
  return values;
}

inline std::vector<Values> ValuesOf(const std::vector<RunRequest>& calls) {
  std::vector<Values> values;
  for (const RunRequest& call : calls) values.push_back(ValuesOf(call));
  return values;
}

class World {
 public:
  struct Setup {
    bool in_memory = false;  // --object-store memory
    std::size_t tail_bytes_max = 64 << 20;
    std::uint64_t segment_bytes = 1 << 20;
    ProcessingEngine::Options engine;
  };

  World() : World(Setup()) {}
  explicit World(Setup setup) : setup_(std::move(setup)) {
    setup_.engine.cores = 4;
    StartServer();
    CreateTable("db", "cpu");
    CreateTable("db", "mem");
    CreateTable("other", "cpu");
  }
  ~World() { StopServer(); }

  void StartServer() {
    executor.emplace(clock);
    host.emplace();
    const std::string root = setup_.in_memory ? "" : "/data/";
    catalog::Catalog::Options catalog_options;
    catalog_options.directory = setup_.in_memory ? "" : root + "catalog";
    auto opened_catalog = catalog::Catalog::Open(fs, random, catalog_options);
    ASSERT_TRUE(opened_catalog.ok()) << opened_catalog.error().message;
    catalog = std::move(opened_catalog).value();
    wal::Wal::Options wal_options;
    wal_options.directory = setup_.in_memory ? "" : root + "wal";
    wal_options.segment_bytes = setup_.segment_bytes;
    wal_options.tail_bytes_max = setup_.tail_bytes_max;
    wal_options.reserve_bytes = 0;
    auto opened_wal = wal::Wal::Open(fs, clock, random, metrics, wal_options,
                                     [](const wal::CommittedRecord&) { return Ok(); });
    ASSERT_TRUE(opened_wal.ok()) << opened_wal.error().message;
    wal = std::move(opened_wal).value();
    committer.emplace(*wal, [this](const RunCommitRequest& request) { return RowsOf(request); });
    ProcessingEngine::Options options = setup_.engine;
    options.executor = &*executor;
    engine.emplace(clock, random, *catalog, *wal, *host, files, *committer, queries, logs, metrics,
                   options);
    wal->Start({&storage_, &*engine});
    engine->Start();
  }

  void StopServer() {
    if (engine) engine->Stop();
    if (wal) wal->Stop();
    engine.reset();
    committer.reset();
    wal.reset();
    catalog.reset();
    host.reset();
    executor.reset();
  }

  // The process dies; what was synced is there for the next one.
  void Crash() {
    fs.DieAtCall(1);
    StopServer();
    fs.PowerCutLosingAll();
  }

  void CreateTable(const std::string& database, const std::string& table) {
    catalog::ExtendSchema change;
    change.database = database;
    change.tables.push_back({table,
                             {{"host", model::ColumnKind::kTag, model::DataType::kString},
                              {"v", model::ColumnKind::kField, model::DataType::kInt64}}});
    const auto committed = Await(catalog->Commit(std::move(change)));
    ASSERT_TRUE(committed.ok()) << committed.error().message;
  }

  // A trigger with the plugin "<name>.py", which does nothing unless the test defines it.
  NewTrigger Wish(const std::string& name, const std::string& spec) {
    host->Define(name + ".py", [](const RunRequest&, RunServices&) { return RunResult(); });
    NewTrigger wish;
    wish.database = "db";
    wish.name = name;
    wish.plugin_filename = name + ".py";
    wish.spec = spec;
    return wish;
  }
  TriggerId Create(const NewTrigger& wish) {
    const auto created = Do(engine->Create(wish));
    EXPECT_TRUE(created.ok()) << created.error().message;
    return created.ok() ? (*created)->id : TriggerId();
  }
  TriggerId Create(const std::string& name, const std::string& spec) {
    return Create(Wish(name, spec));
  }

  wal::RowsRecord Record(const std::string& database,
                         const std::vector<std::pair<std::string, Values>>& tables,
                         Writer writer = {}) {
    const auto snapshot = catalog->Get();
    wal::RowsRecord record;
    record.database = snapshot->FindDatabase(database)->id;
    record.catalog_sequence = snapshot->sequence;
    record.origin = writer.origin;
    record.depth = writer.depth;
    for (const auto& [name, values] : tables) {
      const catalog::Table* const table = snapshot->FindTable(database, name);
      record.tables.push_back({table->id, BlockOf(*table, values)});
    }
    return record;
  }
  // Durable and told to the engine when it returns; what comes of it waits for Settle.
  Sequence WriteOnly(const std::string& database,
                     const std::vector<std::pair<std::string, Values>>& tables,
                     Writer writer = {}) {
    const auto written = Await(wal->Append(Record(database, tables, writer)));
    EXPECT_TRUE(written.ok()) << written.error().message;
    return written.ok() ? *written : 0;
  }
  Sequence Write(const std::string& table, const Values& values) {
    const Sequence sequence = WriteOnly("db", {{table, values}});
    Settle();
    return sequence;
  }

  // Until nothing more happens without time going on.
  void Settle() {
    do {
      executor->RunReady();
      static_cast<void>(Await(wal->Barrier()));
    } while (executor->RunReady() > 0);
  }
  void Advance(std::chrono::nanoseconds by) {
    clock.Advance(by);
    Settle();
  }
  // Turns the executor until `is_true`: for what goes through the catalog's thread.
  template <typename F>
  void SettleUntil(F is_true) {
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (!is_true()) {
      ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "this never happens";
      if (executor->RunReady() == 0) std::this_thread::yield();
    }
    Settle();
  }
  template <typename T>
  T Do(Task<T> task) {
    auto value = std::make_shared<std::optional<T>>();
    const Completion<Done> done;
    StartTask(std::move(task), [value, done](T result) {
      value->emplace(std::move(result));
      done.Complete(Done{});
    });
    executor->Await(done);
    Settle();
    return std::move(**value);
  }
  template <typename T>
  static T Await(Completion<T> completion) {
    return BlockOn([](Completion<T> inner) -> Task<T> { co_return co_await inner; }(completion));
  }

  // What the plugin "<name>.py" was called with, call by call.
  std::vector<RunRequest> CallsOf(const std::string& name) const {
    std::vector<RunRequest> calls;
    for (RunRequest& call : host->calls()) {
      if (call.trigger->name == name) calls.push_back(std::move(call));
    }
    return calls;
  }
  std::vector<Values> Called(const std::string& name) const { return ValuesOf(CallsOf(name)); }
  TriggerStatus StatusOf(const std::string& name) const {
    for (TriggerStatus& status : engine->Statuses()) {
      if (status.trigger->name == name) return status;
    }
    ADD_FAILURE() << "no trigger '" << name << "'";
    return {};
  }
  Sequence LowWater(TriggerId trigger) const {
    const auto progress = wal->trigger_state(trigger);
    return progress ? progress->low_water : 0;
  }
  std::vector<RunOutcome> Outcomes() const {
    std::vector<RunOutcome> outcomes;
    for (const auto& commit : committer->commits()) outcomes.push_back(commit.run.outcome);
    return outcomes;
  }

  testing::ManualClock clock;
  testing::SeededRandom random;
  testing::FaultFileSystem fs;
  observe::Metrics metrics;
  testing::FakePluginFiles files;
  testing::RecordingQueries queries;
  testing::RecordingLogs logs;
  std::optional<testing::ManualExecutor> executor;
  std::optional<testing::FakeHost> host;
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<wal::Wal> wal;
  std::optional<testing::RecordingCommitter> committer;
  std::optional<ProcessingEngine> engine;

 private:
  class Storage final : public wal::GroupListener {
    void OnCommitted(const wal::GroupPtr&) override {}
  };

  // Each line of an output is a number v: the row v of the database's table "mem".
  std::vector<wal::RowsRecord> RowsOf(const RunCommitRequest& request) {
    std::vector<wal::RowsRecord> rows;
    for (const RunOutput& output : request.outputs) {
      Values values;
      std::istringstream lines(output.lines);
      for (std::int64_t value = 0; lines >> value;) values.push_back(value);
      rows.push_back(Record(output.database, {{"mem", values}}, {request.trigger, request.depth}));
    }
    return rows;
  }

  Setup setup_;
  Storage storage_;
};

}  // namespace tidemill::engine
