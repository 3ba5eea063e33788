#include "storage/flusher.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"

namespace tidemill::storage {
namespace {

constexpr std::chrono::nanoseconds kTick = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kRetryDelayMin = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kRetryDelayMax = std::chrono::seconds(60);
constexpr int kNice = 5;
constexpr std::chrono::nanoseconds kExpireInterval = std::chrono::minutes(30);
// Tables that share one freeze and one commit: enough to make the commit cheap, few enough that
// their chunks are freed soon.
constexpr std::size_t kTablesTogether = 32;

}  // namespace

Flusher::Flusher(Parts parts, FlushLimits limits)
    : parts_(parts),
      limits_(limits),
      flushed_files_(parts.metrics.counter("tidemill_storage_flushed_files_total",
                                           "Parquet files written by flushes")),
      flushed_rows_(
          parts.metrics.counter("tidemill_storage_flushed_rows_total", "Rows in those files")),
      flushed_bytes_(
          parts.metrics.counter("tidemill_storage_flushed_bytes_total", "Bytes of those files")),
      failures_(parts.metrics.counter("tidemill_storage_flush_failures_total",
                                      "Tables whose flush failed; it is tried again")),
      flush_duration_(parts.metrics.histogram("tidemill_storage_flush_duration_seconds",
                                              "From the freeze to the swap")) {}

Flusher::~Flusher() { Stop(); }

void Flusher::Start(wal::Wal& wal, std::vector<std::string> garbage) {
  garbage_ = std::move(garbage);
  {
    MutexLock lock(mutex_);
    wal_ = &wal;
    is_running_ = true;
  }
  TellWal({});
  thread_.emplace(
      ThreadPool::Options{.name = "flush", .threads = 1, .queue_jobs_max = 1, .nice = kNice});
  thread_->TryPost([this] { Loop(); });
}

void Flusher::Wake() {
  MutexLock lock(mutex_);
  is_woken_ = true;
  wake_.NotifyOne();
}

void Flusher::Stop() {
  {
    MutexLock lock(mutex_);
    is_stopping_ = true;
    wake_.NotifyAll();
    while (is_running_) loop_ended_.Wait(mutex_);
  }
  if (thread_) thread_->Stop();
}

Result<FlushSummary> Flusher::FlushAll() {
  FileTurns::Turn turn(parts_.turns);
  std::vector<TableId> tables;
  for (const BufferedTable& table : parts_.tables.Buffered()) tables.push_back(table.table);
  std::sort(tables.begin(), tables.end());
  TRY_ASSIGN(const FlushSummary flushed, Flush(turn, tables));
  TRY(LetGoOfLog(turn));
  return flushed;
}

Result<std::size_t> Flusher::DropExpired() {
  FileTurns::Turn turn(parts_.turns);
  const auto catalog = parts_.catalog.Get();
  const Timestamp now = parts_.clock.Now();
  FileList expired;
  ManifestEdit edit;
  for (const VersionPtr& version : parts_.tables.versions()->All()) {
    for (const auto& file : version->files) {
      const catalog::Database* database = catalog->FindDatabase(file->database);
      if (database == nullptr) continue;
      if (file->max_time >= parts_.retention.CutoffAt(*database, now)) continue;
      edit.removed.push_back(file->number);
      expired.push_back(file);
    }
  }
  if (expired.empty()) return std::size_t{0};
  edit.next_file = turn.next_file();
  edit.cutoffs = parts_.retention.All();
  TRY(parts_.manifest.Commit(edit));
  parts_.tables.Remove(expired);
  for (const auto& file : expired) parts_.files.Retire(*file);
  Log(LogLevel::kInfo, "storage", "{} files are past their retention", expired.size());
  return expired.size();
}

void Flusher::Loop() {
  for (const std::string& object : garbage_) {
    Log(LogLevel::kInfo, "storage", "deleting '{}': no manifest lists it", object);
    parts_.files.DeleteGarbage(object);
  }
  while (true) {
    {
      MutexLock lock(mutex_);
      if (!is_woken_ && !is_stopping_) wake_.WaitFor(mutex_, kTick);
      is_woken_ = false;
      if (is_stopping_) {
        is_running_ = false;
        loop_ended_.NotifyAll();
        return;
      }
    }
    Round();
  }
}

void Flusher::Round() {
  if (IsDue(retry_at_)) {
    const Status flushed = FlushChosen();
    retry_delay_ = flushed.ok() ? std::chrono::nanoseconds(0)
                                : std::clamp(retry_delay_ * 2, kRetryDelayMin, kRetryDelayMax);
    retry_at_ = parts_.clock.Steady() + retry_delay_;
  }
  if (IsDue(expire_at_)) {
    expire_at_ = parts_.clock.Steady() + kExpireInterval;
    if (const auto dropped = DropExpired(); !dropped.ok()) {
      Log(LogLevel::kWarn, "storage", "retention: {}", dropped.error().message);
    }
  }
  DeleteDead();
}

Status Flusher::FlushChosen() {
  FileTurns::Turn turn(parts_.turns);
  const WalUse use = UseOfWal();
  const std::vector<TableId> chosen = ChooseTables(parts_.tables.Buffered(), limits_, use);
  TRY(Flush(turn, chosen));
  return chosen.empty() && use.bytes > limits_.wal_bytes ? LetGoOfLog(turn) : Ok();
}

// Behind the last flush there may be writes that left nothing to flush: their tables are gone, or
// they hold no rows.
Status Flusher::LetGoOfLog(const FileTurns::Turn& turn) {
  const Sequence through = parts_.tables.FlushedThrough({});
  if (through <= parts_.manifest.state().flushed_through().value_or(0)) return Ok();
  ManifestEdit edit;
  edit.next_file = turn.next_file();
  edit.flushed.push_back({kEveryTable, through});
  TRY(parts_.manifest.Commit(edit));
  TellWal({});
  return Ok();
}

Result<FlushSummary> Flusher::Flush(FileTurns::Turn& turn, std::span<const TableId> tables) {
  FlushSummary sum;
  Status first_error = Ok();
  for (std::size_t begin = 0; begin < tables.size(); begin += kTablesTogether) {
    const auto part = tables.subspan(begin, std::min(kTablesTogether, tables.size() - begin));
    const Result<FlushSummary> flushed = FlushTogether(turn, part);
    if (!flushed.ok()) {
      if (first_error.ok()) first_error = flushed.error();
      continue;
    }
    sum.files += flushed->files;
    sum.rows += flushed->rows;
    sum.bytes += flushed->bytes;
  }
  TRY(first_error);
  return sum;
}

// The story of a flush. A table that cannot be written stays in memory as it is.
Result<FlushSummary> Flusher::FlushTogether(FileTurns::Turn& turn,
                                            std::span<const TableId> tables) {
  const std::chrono::nanoseconds begin = parts_.clock.Steady();
  FlushSummary sum;
  Status first_error = Ok();
  std::vector<InstalledFile> written;
  for (const FrozenTable& frozen : parts_.tables.Freeze(tables)) {
    Result<FileEntry> file = parts_.files.Write(frozen, turn.TakeNumber());
    if (!file.ok()) {
      failures_.Add();
      Log(LogLevel::kWarn, "storage", "flush of table '{}': {}", frozen.table->name,
          file.error().message);
      if (first_error.ok()) first_error = std::move(file).error().Within(frozen.table->name);
      continue;
    }
    ++sum.files;
    sum.rows += file->rows;
    sum.bytes += file->bytes;
    written.push_back({frozen.last, parts_.files.Share(std::move(*file))});
  }
  if (!written.empty()) {
    TRY(CommitFiles(turn, written));
    parts_.tables.Install(written);
    TellWal(written);
    flushed_files_.Add(sum.files);
    flushed_rows_.Add(sum.rows);
    flushed_bytes_.Add(sum.bytes);
    flush_duration_.Observe((parts_.clock.Steady() - begin).count());
    Log(LogLevel::kDebug, "storage", "flushed {} rows of {} tables, {} bytes", sum.rows, sum.files,
        sum.bytes);
  }
  TRY(first_error);
  return sum;
}

// A full disk changes nothing, and the files only take up its space. After any other error they may
// be listed all the same: they stay, and the next start knows.
Status Flusher::CommitFiles(const FileTurns::Turn& turn, const std::vector<InstalledFile>& files) {
  ManifestEdit edit;
  edit.next_file = turn.next_file();
  edit.cutoffs = parts_.retention.All();
  for (const InstalledFile& installed : files) {
    edit.added.push_back(*installed.file);
    edit.flushed.push_back({installed.file->table, installed.through});
  }
  edit.flushed.push_back({kEveryTable, parts_.tables.FlushedThrough(files)});
  const Status committed = parts_.manifest.Commit(edit);
  if (!committed.ok() && committed.error().code == ErrorCode::kUnavailable) {
    for (const InstalledFile& installed : files) parts_.files.DeleteGarbage(installed.file->object);
  }
  return committed;
}

void Flusher::TellWal(std::span<const InstalledFile> files) {
  wal::Wal* wal = nullptr;
  {
    MutexLock lock(mutex_);
    wal = wal_;
  }
  if (wal == nullptr) return;
  for (const InstalledFile& installed : files) {
    wal->NoteTableFlushed(installed.file->table, installed.through);
  }
  // Not further than the manifest knows: what the log no longer holds, the manifest must list.
  wal->NoteFlushed(parts_.manifest.state().flushed_through().value_or(0));
}

WalUse Flusher::UseOfWal() const {
  wal::Wal* wal = nullptr;
  {
    MutexLock lock(mutex_);
    wal = wal_;
  }
  WalUse use;
  if (wal == nullptr) return use;
  const std::vector<wal::Wal::SegmentInfo> segments = wal->Segments();
  for (const auto& segment : segments) use.bytes += segment.bytes;
  if (!segments.empty()) use.oldest_segment_last = segments.front().last;
  return use;
}

bool Flusher::IsDue(std::chrono::nanoseconds time) const { return parts_.clock.Steady() >= time; }

}  // namespace tidemill::storage
