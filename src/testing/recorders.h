// The engine's other ports, as recorders: they note what they are asked and answer what a test
// tells them to.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "base/task.h"
#include "engine/ports.h"
#include "wal/wal.h"

namespace tidemill::testing {

// Notes the ends of runs and stores them in a real log; the outputs as `make_rows` says (none: the
// progress alone).
class RecordingCommitter final : public engine::RunCommitter {
 public:
  using Committed = Result<std::variant<Sequence, engine::OutputRefused>>;
  using MakeRows = std::function<std::vector<wal::RowsRecord>(const engine::RunCommitRequest&)>;
  struct SyncWrite {
    std::string database;
    std::string lines;
    bool no_sync = false;
    TriggerId origin;
    std::uint8_t depth = 0;
  };

  explicit RecordingCommitter(wal::Wal& wal, MakeRows make_rows = nullptr)
      : wal_(wal), make_rows_(std::move(make_rows)) {}

  // The answer to the next commit that has not got one yet; nothing is stored for it.
  void AnswerNext(Committed answer) {
    MutexLock lock(mutex_);
    answers_.push_back(std::move(answer));
  }
  void AnswerWriteSync(Status answer) {
    MutexLock lock(mutex_);
    write_sync_answer_ = std::move(answer);
  }
  // Every request, whatever the answer was.
  std::vector<engine::RunCommitRequest> commits() const {
    MutexLock lock(mutex_);
    return commits_;
  }
  std::vector<SyncWrite> sync_writes() const {
    MutexLock lock(mutex_);
    return sync_writes_;
  }

  Task<Committed> Commit(const engine::RunCommitRequest& request) override {
    if (std::optional<Committed> answer = Note(request)) co_return std::move(*answer);
    wal::RunCommit commit;
    commit.trigger = request.trigger;
    commit.consumed = request.consumed;
    if (make_rows_) commit.outputs = make_rows_(request);
    const wal::Ticket ticket = wal_.Append(std::move(commit));
    const Result<Sequence> sequence = co_await ticket;
    if (!sequence.ok()) co_return sequence.error();
    co_return std::variant<Sequence, engine::OutputRefused>(*sequence);
  }
  Task<Status> WriteSync(std::string database, std::string lines, bool no_sync, TriggerId origin,
                         std::uint8_t depth) override {
    MutexLock lock(mutex_);
    sync_writes_.push_back({std::move(database), std::move(lines), no_sync, origin, depth});
    co_return write_sync_answer_;
  }

 private:
  std::optional<Committed> Note(const engine::RunCommitRequest& request) {
    MutexLock lock(mutex_);
    commits_.push_back(request);
    if (answers_.empty()) return std::nullopt;
    Committed answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

  wal::Wal& wal_;
  const MakeRows make_rows_;
  mutable Mutex mutex_;
  std::deque<Committed> answers_ GUARDED_BY(mutex_);
  Status write_sync_answer_ GUARDED_BY(mutex_) = Ok();
  std::vector<engine::RunCommitRequest> commits_ GUARDED_BY(mutex_);
  std::vector<SyncWrite> sync_writes_ GUARDED_BY(mutex_);
};

class RecordingQueries final : public engine::QueryRunner {
 public:
  struct Asked {
    std::string database;
    std::string sql;
    std::map<std::string, std::string> parameters;
    std::chrono::nanoseconds time_limit{0};
  };
  void Answer(Result<engine::QueryRows> answer) {
    MutexLock lock(mutex_);
    answer_ = std::move(answer);
  }
  std::vector<Asked> asked() const {
    MutexLock lock(mutex_);
    return asked_;
  }
  Result<engine::QueryRows> Query(const std::string& database, const std::string& sql,
                                  const std::map<std::string, std::string>& parameters,
                                  std::chrono::nanoseconds time_limit) override {
    MutexLock lock(mutex_);
    asked_.push_back({database, sql, parameters, time_limit});
    return answer_;
  }

 private:
  mutable Mutex mutex_;
  Result<engine::QueryRows> answer_ GUARDED_BY(mutex_) = engine::QueryRows{};
  std::vector<Asked> asked_ GUARDED_BY(mutex_);
};

class RecordingLogs final : public engine::LogSink {
 public:
  void Write(engine::LogRow row) override {
    MutexLock lock(mutex_);
    rows_.push_back(std::move(row));
  }
  std::vector<engine::LogRow> rows() const {
    MutexLock lock(mutex_);
    return rows_;
  }
  std::vector<std::string> texts(std::optional<engine::LogSeverity> severity = {}) const {
    std::vector<std::string> texts;
    for (const engine::LogRow& row : rows()) {
      if (!severity || row.severity == *severity) texts.push_back(row.text);
    }
    return texts;
  }

 private:
  mutable Mutex mutex_;
  std::vector<engine::LogRow> rows_ GUARDED_BY(mutex_);
};

// Every plugin is there but those a test names.
class FakePluginFiles final : public engine::PluginFiles {
 public:
  void Miss(const std::string& filename, Error error) { missing_.emplace(filename, error); }
  Status Check(std::string_view plugin_filename) override {
    const auto missing = missing_.find(plugin_filename);
    if (missing != missing_.end()) return missing->second;
    return Ok();
  }

 private:
  std::map<std::string, Error, std::less<>> missing_;
};

}  // namespace tidemill::testing
