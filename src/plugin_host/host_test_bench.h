// For the tests of this folder alone: a host with real workers over a temporary plugin directory,
// and services that record what plugins ask.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "plugin_host/worker_host.h"

namespace tidemill::plugin_host {

class RecordingServices final : public engine::RunServices {
 public:
  void Log(engine::LogSeverity severity, std::string text) override {
    MutexLock lock(mutex_);
    logs_.push_back(std::string(1, "IWE"[static_cast<int>(severity)]) + ": " + text);
  }
  Result<engine::QueryRows> Query(std::string sql, std::map<std::string, std::string> parameters,
                                  std::string database) override {
    return on_query(sql, parameters, database);
  }
  Status WriteSync(std::string database, std::string lines, bool no_sync) override {
    MutexLock lock(mutex_);
    writes_.push_back(database + "|" + lines + "|" + (no_sync ? "no_sync" : "sync"));
    return lines.starts_with("bad")
               ? Status(InvalidError("error writing line protocol to d: no such luck"))
               : Ok();
  }
  std::optional<CacheValue> CacheGet(const std::string& key) override {
    MutexLock lock(mutex_);
    const auto found = cache_.find(key);
    if (found == cache_.end()) return std::nullopt;
    return found->second;
  }
  Result<std::uint64_t> CachePut(const std::string& key, std::string pickled,
                                 std::optional<double>) override {
    MutexLock lock(mutex_);
    cache_[key] = {std::move(pickled), ++version_};
    return version_;
  }
  bool CacheDelete(const std::string& key) override {
    MutexLock lock(mutex_);
    return cache_.erase(key) > 0;
  }

  std::vector<std::string> logs() {
    MutexLock lock(mutex_);
    return logs_;
  }
  std::vector<std::string> writes() {
    MutexLock lock(mutex_);
    return writes_;
  }

  std::function<Result<engine::QueryRows>(std::string, std::map<std::string, std::string>,
                                          std::string)>
      on_query = [](auto, auto, auto) { return engine::QueryRows{}; };

 private:
  Mutex mutex_;
  std::vector<std::string> logs_ GUARDED_BY(mutex_);
  std::vector<std::string> writes_ GUARDED_BY(mutex_);
  std::map<std::string, CacheValue> cache_ GUARDED_BY(mutex_);
  std::uint64_t version_ GUARDED_BY(mutex_) = 0;
};

class TempDir {
 public:
  TempDir() {
    char name[] = "/tmp/tidemill-plugins-XXXXXX";
    EXPECT_NE(::mkdtemp(name), nullptr);
    path_ = name;
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  void Write(const std::string& name, std::string_view text) const {
    const std::filesystem::path file = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

 private:
  std::string path_;
};

// One row: cpu,host=a usage=0.5 500.
inline engine::WriteCall OneRow() {
  auto block = std::make_shared<columnar::RowBlock>();
  columnar::TagColumn host;
  host.values.Append("a");
  block->tags.push_back(std::move(host));
  block->series_codes = {1};
  block->series_count = 1;
  block->row_series = {0};
  block->times = {500};
  columnar::FieldColumn usage;
  usage.words = {std::bit_cast<std::uint64_t>(0.5)};
  block->fields.push_back(std::move(usage));
  engine::TableBatch table;
  table.table_name = "cpu";
  table.blocks.push_back({block, {"host"}, {"usage"}});
  table.schema_columns = {"host", "region", "usage", "load"};
  return {{std::move(table)}};
}

class HostTestBench : public ::testing::Test {
 protected:
  static WorkerHost::Options OptionsFor(const std::string& plugin_dir) {
    WorkerHost::Options options;
    options.python.plugin_dir = plugin_dir;
    options.python.worker_package_dir = TIDEMILL_PYTHON_DIR;
    options.python.environment = {"PATH=/usr/bin:/bin", "SECRET_OF_THE_SERVER=1", "TZ=Europe/Paris",
                                  "OF_THE_SITE=yes"};
    options.python.withheld_names = {"SECRET_OF_THE_SERVER"};
    options.limits.probe_interval = std::chrono::milliseconds(100);
    return options;
  }
  void SetUp() override { Open(OptionsFor(dir_.path())); }
  void Open(WorkerHost::Options options) {
    host_.reset();
    host_ = std::make_unique<WorkerHost>(clock_, std::move(options));
  }

  engine::RunRequest RequestFor(const std::string& plugin, engine::Call call = OneRow(),
                                std::uint32_t trigger_id = 1) {
    auto trigger = std::make_shared<model::Trigger>();
    trigger->id = TriggerId(trigger_id);
    trigger->name = "t";
    trigger->plugin_filename = plugin;
    trigger->arguments = arguments_;
    engine::RunRequest request;
    request.run_id = "11111111-2222-4333-8444-555555555555";
    request.batch_id = "b1";
    request.trigger = std::move(trigger);
    request.database = "d";
    request.call = std::move(call);
    request.time_limit = time_limit_;
    return request;
  }
  engine::RunResult Run(const std::string& plugin, engine::Call call = OneRow()) {
    return BlockOn(host_->Run(RequestFor(plugin, std::move(call)), services_));
  }
  // `body` is the inside of process_writes.
  engine::RunResult RunBody(const std::string& body) {
    std::string source = "def process_writes(influxdb3_local, table_batches, args=None):\n";
    std::string line;
    for (const char c : body + "\n") {
      if (c != '\n') {
        line += c;
        continue;
      }
      source += "    " + line + "\n";
      line.clear();
    }
    dir_.Write("body.py", source);
    return Run("body.py");
  }

  TempDir dir_;
  SystemClock clock_;
  RecordingServices services_;
  std::optional<std::map<std::string, std::string>> arguments_;
  std::chrono::nanoseconds time_limit_ = std::chrono::seconds(30);
  std::unique_ptr<WorkerHost> host_;
};

}  // namespace tidemill::plugin_host
