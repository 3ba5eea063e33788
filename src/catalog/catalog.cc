#include "catalog/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "catalog/rules.h"
#include "catalog/snapshot_editor.h"
#include "model/names.h"

namespace tidemill::catalog {
namespace {

constexpr FramedLog::Format kLogFormat{.magic = "TMCATLOG", .version = 1, .what = "catalog"};
constexpr std::string_view kSnapshotPrefix = R"({"snapshot":)";
constexpr auto kInternalRetention = std::chrono::hours(24 * 7);

std::shared_ptr<const Snapshot> FirstSnapshot(Random& random) {
  Snapshot empty;
  empty.uuid = MakeUuid(random);
  SnapshotEditor editor(empty);
  const auto made =
      editor.Perform(CreateDatabase{std::string(model::kInternalDatabase), kInternalRetention});
  CHECK(made.ok()) << made.error().message;
  return std::move(editor).Finish();
}

// Builds the newest snapshot from the frames of the log, in order.
class Replay {
 public:
  Status Take(std::string_view frame) {
    if (!editor_) {
      if (!frame.starts_with(kSnapshotPrefix)) {
        return CorruptError("catalog log: the first frame is not a snapshot");
      }
      TRY_ASSIGN(base_, DecodeSnapshot(frame));
      editor_ = std::make_unique<SnapshotEditor>(*base_);
      return Ok();
    }
    TRY_ASSIGN(const Change change, DecodeChange(frame));
    auto changed = editor_->Perform(change);
    if (changed.ok() && *changed) return Ok();
    return CorruptError(fmt::format("catalog log: the change after sequence {} does not fit: {} {}",
                                    editor_->view().sequence, frame.substr(0, 200),
                                    changed.ok() ? "changes nothing" : changed.error().message));
  }
  // nullptr: the log was empty.
  std::shared_ptr<const Snapshot> Finish() && {
    return editor_ ? std::move(*editor_).Finish() : nullptr;
  }

 private:
  std::shared_ptr<const Snapshot> base_;
  std::unique_ptr<SnapshotEditor> editor_;
};

}  // namespace

Catalog::Catalog(Options options) : options_(std::move(options)) {}
Catalog::~Catalog() { Stop(); }

Result<std::unique_ptr<Catalog>> Catalog::Open(FileSystem& fs, Random& random, Options options) {
  std::unique_ptr<Catalog> catalog(new Catalog(std::move(options)));
  TRY(catalog->OpenLog(fs, random));
  catalog->committer_ = std::jthread([raw = catalog.get()] { raw->CommitLoop(); });
  return catalog;
}

Result<Catalog::SnapshotPtr> Catalog::Read(FileSystem& fs, const std::string& directory,
                                           std::uint64_t* torn_bytes) {
  Replay replay;
  const std::string path = directory + "/catalog.log";
  TRY(FramedLog::Read(
      fs, path, kLogFormat, [&](std::string_view frame) { return replay.Take(frame); },
      *torn_bytes));
  SnapshotPtr newest = std::move(replay).Finish();
  if (newest == nullptr) return NotFoundError(fmt::format("catalog '{}' is empty", path));
  return newest;
}

Status Catalog::OpenLog(FileSystem& fs, Random& random) {
  SnapshotPtr newest;
  if (!options_.directory.empty()) {
    Replay replay;
    std::uint64_t cut_bytes = 0;
    TRY_ASSIGN(log_, FramedLog::Open(
                         fs, path(), kLogFormat,
                         [&](std::string_view frame) { return replay.Take(frame); }, &cut_bytes));
    if (cut_bytes > 0) {
      Log(LogLevel::kWarn, "catalog",
          "cut {} bytes of an unfinished change off the end of the log; it was never confirmed",
          cut_bytes);
    }
    newest = std::move(replay).Finish();
  }
  if (!newest) {
    newest = FirstSnapshot(random);
    if (log_) {
      TRY(log_->Append({EncodeSnapshot(*newest)}));
    }
  }
  fold_above_bytes_ = options_.fold_log_bytes;
  MutexLock lock(mutex_);
  snapshot_ = std::move(newest);
  return Ok();
}

std::string Catalog::path() const {
  return options_.directory.empty() ? "" : options_.directory + "/catalog.log";
}

Catalog::SnapshotPtr Catalog::Get() const {
  MutexLock lock(mutex_);
  return snapshot_;
}

Completion<Result<Catalog::SnapshotPtr>> Catalog::Commit(Change change) {
  Completion<Result<SnapshotPtr>> done;
  std::optional<Error> refusal;
  {
    MutexLock lock(mutex_);
    if (stopping_) {
      refusal = UnavailableError("the catalog has stopped: the server is shutting down");
    } else if (!failure_.ok()) {
      refusal = failure_.error();
    } else if (queue_.size() >= options_.queue_changes_max) {
      refusal = UnavailableError(
          fmt::format("{} catalog changes are waiting already; try again", queue_.size()));
    } else {
      queue_.push_back({std::move(change), done});
      wake_.NotifyOne();
    }
  }
  if (refusal) done.Complete(std::move(*refusal));
  return done;
}

void Catalog::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyOne();
  }
  if (committer_.joinable()) committer_.join();
}

void Catalog::CommitLoop() {
  for (;;) {
    std::vector<Waiting> group = TakeQueue();
    if (group.empty()) return;
    CommitGroup(std::move(group));
  }
}

std::vector<Catalog::Waiting> Catalog::TakeQueue() {
  MutexLock lock(mutex_);
  while (queue_.empty() && !stopping_) wake_.Wait(mutex_);
  return std::exchange(queue_, {});
}

void Catalog::CommitGroup(std::vector<Waiting> group) {
  const SnapshotPtr before = Get();  // only this thread replaces it
  SnapshotEditor editor(*before);
  std::vector<std::string> payloads;
  std::vector<Status> outcomes;
  for (const Waiting& waiting : group) {
    Status allowed = CheckRules(editor.view(), waiting.change, options_.limits);
    if (!allowed.ok()) {
      outcomes.push_back(std::move(allowed));
      continue;
    }
    auto changed = editor.Perform(waiting.change);
    if (changed.ok() && *changed) payloads.push_back(EncodeChange(waiting.change));
    outcomes.push_back(changed.ok() ? Ok() : Status(std::move(changed).error()));
  }

  SnapshotPtr after = payloads.empty() ? before : std::move(editor).Finish();
  const Status durable = Persist(payloads);
  if (durable.ok()) {
    MutexLock lock(mutex_);
    snapshot_ = after;
  }
  for (std::size_t i = 0; i < group.size(); ++i) {
    // When the step failed, what looked wrong in it was judged by changes that may not exist.
    const Status& outcome = durable.ok() ? outcomes[i] : durable;
    group[i].done.Complete(outcome.ok() ? Result<SnapshotPtr>(after)
                                        : Result<SnapshotPtr>(outcome.error()));
  }
  if (durable.ok() && !payloads.empty()) FoldIfLarge(*after);
}

Status Catalog::Persist(const std::vector<std::string>& payloads) {
  if (!log_ || payloads.empty()) return Ok();
  {
    // A group that waited while an earlier one, or a fold, failed.
    MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
  }
  Status appended = log_->Append(payloads);
  if (appended.ok() || appended.error().code != ErrorCode::kIo) {
    return appended;  // no space: nothing was written, and a later change may find some
  }
  Fail(appended.error());
  return Error{ErrorCode::kOutcomeUnknown,
               "catalog change: it may or may not be stored, look again after a restart: " +
                   appended.error().message};
}

void Catalog::FoldIfLarge(const Snapshot& snapshot) {
  if (!log_ || log_->bytes() <= fold_above_bytes_) return;
  std::string folded = EncodeSnapshot(snapshot);
  // A snapshot that is large itself is worth rewriting only when the log has doubled.
  fold_above_bytes_ = std::max<std::uint64_t>(options_.fold_log_bytes, 2 * folded.size());
  if (folded.size() > FramedLog::kFrameBytesMax) {
    Log(LogLevel::kWarn, "catalog", "a snapshot of {} bytes is too large to fold; the log grows on",
        folded.size());
    return;
  }
  const std::uint64_t before_bytes = log_->bytes();
  const Status rewritten = log_->Rewrite({std::move(folded)});
  if (!rewritten.ok()) {
    if (rewritten.error().code == ErrorCode::kIo) return Fail(rewritten.error());
    Log(LogLevel::kWarn, "catalog", "the log was not folded: {}", rewritten.error().message);
    return;
  }
  Log(LogLevel::kDebug, "catalog", "folded the log from {} to {} bytes at sequence {}",
      before_bytes, log_->bytes(), snapshot.sequence);
}

void Catalog::Fail(const Error& error) {
  Log(LogLevel::kError, "catalog", "changes are refused until restart: {}", error.message);
  MutexLock lock(mutex_);
  if (failure_.ok()) {
    failure_ = Error{ErrorCode::kIo, "catalog changes are refused until restart: " + error.message};
  }
}

}  // namespace tidemill::catalog
