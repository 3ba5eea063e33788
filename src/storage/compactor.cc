#include "storage/compactor.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/status_macros.h"

namespace tidemill::storage {
namespace {

constexpr std::chrono::nanoseconds kTick = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kRetryDelay = std::chrono::minutes(5);
constexpr int kNice = 10;

}  // namespace

Compactor::Compactor(Parts parts)
    : parts_(parts),
      merges_(parts.metrics.counter("tidemill_storage_compactions_total",
                                    "Merges of neighbouring files into one")),
      merged_files_(parts.metrics.counter("tidemill_storage_compacted_files_total",
                                          "Files that went into those merges")),
      merged_bytes_(parts.metrics.counter("tidemill_storage_compacted_bytes_total",
                                          "Bytes of the files that those merges made")),
      failures_(parts.metrics.counter("tidemill_storage_compaction_failures_total",
                                      "Merges that failed; they are tried again")),
      duration_(parts.metrics.histogram("tidemill_storage_compaction_duration_seconds",
                                        "From the choice of files to the swap")) {
  const observe::Counter& flushed =
      parts.metrics.counter("tidemill_storage_flushed_bytes_total", "Bytes of those files");
  parts.metrics.AddGauge(
      "tidemill_storage_write_amplification",
      "Bytes written to Parquet files for each byte that a flush wrote, since the start", {},
      [&flushed, &merged = merged_bytes_] {
        const auto first = static_cast<double>(flushed.value());
        return first == 0 ? 0.0 : (first + static_cast<double>(merged.value())) / first;
      });
}

Compactor::~Compactor() { Stop(); }

void Compactor::Start() {
  {
    MutexLock lock(mutex_);
    is_running_ = true;
  }
  thread_.emplace(
      ThreadPool::Options{.name = "compact", .threads = 1, .queue_jobs_max = 1, .nice = kNice});
  thread_->TryPost([this] { Loop(); });
}

void Compactor::Stop() {
  {
    MutexLock lock(mutex_);
    is_stopping_ = true;
    wake_.NotifyAll();
    while (is_running_) loop_ended_.Wait(mutex_);
  }
  if (thread_) thread_->Stop();
}

// The files are pinned while they are read; the turn is taken only to number the new one and to
// swap, so that flushes do not wait for a merge.
Status Compactor::Merge(TableId table, FileRange range) {
  const std::chrono::nanoseconds begin = parts_.clock.Steady();
  const VersionPtr version = parts_.tables.versions()->Find(table);
  if (version == nullptr || range.count < 2 || range.first + range.count > version->files.size()) {
    return InvalidError(fmt::format("merge: table {} has no files {} to {}", table.value(),
                                    range.first, range.first + range.count - 1));
  }
  const auto first = version->files.begin() + static_cast<std::ptrdiff_t>(range.first);
  const FileList old_files(first, first + static_cast<std::ptrdiff_t>(range.count));
  const auto known = parts_.catalog.Get()->FindTable(table);
  if (known == nullptr) {
    return NotFoundError(fmt::format("merge: table {} was dropped", table.value()));
  }

  std::uint64_t number = 0;
  {
    FileTurns::Turn turn(parts_.turns);
    number = turn.TakeNumber();
  }
  TRY_ASSIGN(FileEntry merged, parts_.files.Merge(*known, old_files, number, is_stopping_));
  // Nothing is older than the first file.
  if (range.first == 0) merged.may_overwrite = false;
  TRY(Install(old_files, std::move(merged)));
  merges_.Add();
  merged_files_.Add(old_files.size());
  duration_.Observe((parts_.clock.Steady() - begin).count());
  return Ok();
}

// A full disk changes nothing. After any other error the manifest may list the new file all the
// same: it stays, and the next start knows.
Status Compactor::Install(const FileList& old_files, FileEntry merged) {
  FileTurns::Turn turn(parts_.turns);
  if (!parts_.tables.Lists(old_files)) {
    parts_.files.DeleteGarbage(merged.object);
    return ConflictError("merge: some of the files went meanwhile");
  }
  ManifestEdit edit;
  edit.next_file = turn.next_file();
  edit.added.push_back(merged);
  for (const auto& file : old_files) edit.removed.push_back(file->number);
  edit.cutoffs = parts_.retention.All();
  if (Status committed = parts_.manifest.Commit(edit); !committed.ok()) {
    if (committed.error().code == ErrorCode::kUnavailable) {
      parts_.files.DeleteGarbage(merged.object);
    }
    return committed;
  }
  merged_bytes_.Add(merged.bytes);
  parts_.tables.Replace(old_files, parts_.files.Share(std::move(merged)));
  for (const auto& file : old_files) parts_.files.Retire(*file);
  return Ok();
}

void Compactor::Loop() {
  while (WaitForTick()) Round();
  MutexLock lock(mutex_);
  is_running_ = false;
  loop_ended_.NotifyAll();
}

bool Compactor::WaitForTick() {
  MutexLock lock(mutex_);
  if (!is_stopping_) wake_.WaitFor(mutex_, kTick);
  return !is_stopping_;
}

// A table that fails waits; the others go on.
void Compactor::Round() {
  while (!is_stopping_) {
    const auto chosen = Choose();
    if (!chosen) return;
    const Status merged = Merge(chosen->table, chosen->range);
    parts_.files.DeleteDead();
    if (merged.ok() || is_stopping_) continue;
    failures_.Add();
    Log(LogLevel::kWarn, "storage", "compaction of table {}: {}", chosen->table.value(),
        merged.error().message);
    retry_at_[chosen->table] = parts_.clock.Steady() + kRetryDelay;
  }
}

std::optional<Compactor::Chosen> Compactor::Choose() const {
  for (const VersionPtr& version : parts_.tables.versions()->All()) {
    const auto failed = retry_at_.find(version->table);
    if (failed != retry_at_.end() && parts_.clock.Steady() < failed->second) continue;
    if (parts_.catalog.Get()->FindTable(version->table) == nullptr) continue;
    if (const auto range = ChooseMerge(version->files)) return Chosen{version->table, *range};
  }
  return std::nullopt;
}

}  // namespace tidemill::storage
