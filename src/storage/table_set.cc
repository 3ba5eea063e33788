#include "storage/table_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/status_macros.h"

namespace tidemill::storage {

TableSet::TableSet(catalog::Catalog& catalog, observe::Metrics& metrics)
    : catalog_(catalog),
      meter_(std::make_shared<MemoryMeter>()),
      rows_of_dropped_tables_(
          metrics.counter("tidemill_storage_rows_of_dropped_tables_total",
                          "Rows in the log that were skipped because their table is gone")),
      snapshot_(catalog.Get()),
      versions_(std::make_shared<const VersionMap>()) {
  metrics.AddGauge("tidemill_storage_buffer_bytes",
                   "Memory of recent rows, with what running queries still hold", {},
                   [meter = meter_] { return static_cast<double>(meter->bytes()); });
}

void TableSet::Restore(const std::vector<TableFlushed>& flushed, const FileList& files) {
  MutexLock lock(writer_mutex_);
  for (const TableFlushed& entry : flushed) {
    if (entry.table == kEveryTable) continue;
    Table& table = At(entry.table);
    table.flushed = entry.sequence;
    visible_ = std::max(visible_, entry.sequence);
  }
  for (const auto& file : files) {
    Table& table = At(file->table);
    table.files.push_back(file);
    table.last_write = std::max(table.last_write, file->last_sequence);
    table.buffer.NoteFlushedTime(file->max_time.nanos());
    Touch(table);
  }
  for (Table* table : touched_) {
    std::sort(table->files.begin(), table->files.end(), [](const auto& a, const auto& b) {
      return std::pair(a->last_sequence, a->number) < std::pair(b->last_sequence, b->number);
    });
  }
  Publish();
}

Status TableSet::Replay(const wal::CommittedRecord& record) {
  MutexLock lock(writer_mutex_);
  CHECK(is_replaying_) << "the log is read before the server serves";
  return ApplyRecord(record);
}

Sequence TableSet::EndReplay() {
  MutexLock lock(writer_mutex_);
  Sequence flushed = 0;
  for (const auto& [id, table] : tables_) {
    table->replayed = {};
    flushed = std::max(flushed, table->flushed);
  }
  is_replaying_ = false;
  Publish();
  return flushed;
}

std::uint64_t TableSet::Apply(const wal::CommittedGroup& group) {
  MutexLock lock(writer_mutex_);
  is_replaying_ = false;
  snapshot_ = catalog_.Get();
  for (const wal::CommittedRecord& record : group.records) {
    const Status applied = ApplyRecord(record);
    // Ingest checked it against the catalog before it was logged.
    CHECK(applied.ok()) << "write " << record.sequence << ": " << applied.error().message;
  }
  visible_ = std::max(visible_, group.last);
  std::uint64_t largest = 0;
  for (const Table* table : touched_) largest = std::max(largest, table->buffer.memory_bytes());
  Publish();
  return largest;
}

std::shared_ptr<const VersionMap> TableSet::versions() const {
  MutexLock lock(mutex_);
  return versions_;
}

std::vector<BufferedTable> TableSet::Buffered() const {
  MutexLock lock(writer_mutex_);
  std::vector<BufferedTable> out;
  for (const auto& [id, table] : tables_) {
    if (table->buffer.empty()) continue;
    out.push_back(
        {id, table->buffer.memory_bytes(), table->buffer.first_sequence(), table->buffer.series()});
  }
  return out;
}

std::vector<FrozenTable> TableSet::Freeze(std::span<const TableId> tables) {
  MutexLock lock(writer_mutex_);
  std::vector<FrozenTable> out;
  for (const TableId id : tables) {
    const auto found = tables_.find(id);
    if (found == tables_.end() || found->second->buffer.empty()) continue;
    Table& table = *found->second;
    table.buffer.Freeze();
    out.push_back({table.layout->table(), table.flushed, visible_, table.buffer.Slices()});
  }
  return out;
}

void TableSet::Install(std::span<const InstalledFile> files) {
  std::vector<columnar::ChunkSlice> dropped;  // freed after the lock is let go
  MutexLock lock(writer_mutex_);
  for (const InstalledFile& installed : files) {
    Table& table = At(installed.file->table);
    CHECK(installed.through >= table.flushed) << "a flush ends before the one it follows";
    auto slices = table.buffer.DropThrough(installed.through);
    std::move(slices.begin(), slices.end(), std::back_inserter(dropped));
    table.flushed = installed.through;
    table.files.push_back(installed.file);
    Touch(table);
  }
  Publish();
}

bool TableSet::Lists(const FileList& files) const {
  MutexLock lock(writer_mutex_);
  return std::ranges::all_of(files, [&](const auto& file) REQUIRES_LOCK(writer_mutex_) {
    const auto table = tables_.find(file->table);
    return table != tables_.end() && std::ranges::count(table->second->files, file) == 1;
  });
}

void TableSet::Replace(const FileList& old_files, std::shared_ptr<const FileEntry> merged) {
  MutexLock lock(writer_mutex_);
  Table& table = At(merged->table);
  const auto found = std::ranges::search(table.files, old_files);
  CHECK(!found.empty()) << "merged files are neighbours in the order of writing";
  CHECK(merged->first_sequence == old_files.front()->first_sequence &&
        merged->last_sequence == old_files.back()->last_sequence)
      << "a merged file spans what went into it";
  *found.begin() = std::move(merged);
  table.files.erase(found.begin() + 1, found.end());
  Touch(table);
  Publish();
}

void TableSet::Remove(const FileList& files) {
  MutexLock lock(writer_mutex_);
  for (const auto& file : files) {
    Table& table = At(file->table);
    std::erase(table.files, file);
    Touch(table);
  }
  Publish();
}

Sequence TableSet::FlushedThrough(std::span<const InstalledFile> files) const {
  std::unordered_map<TableId, Sequence> flushed;
  for (const InstalledFile& installed : files) flushed[installed.file->table] = installed.through;
  MutexLock lock(writer_mutex_);
  Sequence through = visible_;
  for (const auto& [id, table] : tables_) {
    const auto found = flushed.find(id);
    const Sequence first =
        table->buffer.first_sequence(found == flushed.end() ? table->flushed : found->second);
    if (first != 0) through = std::min(through, first - 1);
  }
  return through;
}

// The other kinds of records hold no rows.
Status TableSet::ApplyRecord(const wal::CommittedRecord& record) {
  if (const auto* rows = std::get_if<wal::RowsRecord>(record.record.get())) {
    TRY(ApplyRows(record.sequence, *rows));
  } else if (const auto* run = std::get_if<wal::RunCommit>(record.record.get())) {
    for (const wal::RowsRecord& output : run->outputs) TRY(ApplyRows(record.sequence, output));
  } else if (const auto* carried = std::get_if<wal::CarriedRows>(record.record.get())) {
    TRY(ApplyCarried(*carried));
  }
  visible_ = std::max(visible_, record.sequence);
  return Ok();
}

Status TableSet::ApplyRows(Sequence sequence, const wal::RowsRecord& record) {
  TRY(CheckCatalog(record));
  for (const wal::TableRows& rows : record.tables) {
    Table* table = Prepare(rows);
    if (table == nullptr) continue;
    if (is_replaying_ && sequence <= table->flushed) continue;
    TRY(table->layout->CheckFits(*rows.rows));
    table->buffer.Append(sequence, *rows.rows, *table->layout);
    table->last_write = std::max(table->last_write, sequence);
    if (is_replaying_) table->replayed.push_back(sequence);
    Touch(*table);
  }
  return Ok();
}

// In a running server these rows are in the buffer already: that is why they were carried. At
// start their first copy may be in the log still, or gone with its segment.
Status TableSet::ApplyCarried(const wal::CarriedRows& carried) {
  if (!is_replaying_) return Ok();
  TRY(CheckCatalog(carried.rows));
  for (const wal::TableRows& rows : carried.rows.tables) {
    Table* table = Prepare(rows);
    if (table == nullptr || carried.original <= table->flushed) continue;
    auto& replayed = table->replayed;
    const auto place = std::lower_bound(replayed.begin(), replayed.end(), carried.original);
    if (place != replayed.end() && *place == carried.original) continue;
    TRY(table->layout->CheckFits(*rows.rows));
    table->buffer.InsertCarried(carried.original, *rows.rows, *table->layout);
    table->last_write = std::max(table->last_write, carried.original);
    replayed.insert(place, carried.original);
    Touch(*table);
  }
  return Ok();
}

Status TableSet::CheckCatalog(const wal::RowsRecord& record) const {
  if (record.catalog_sequence <= snapshot_->sequence) return Ok();
  return CorruptError(fmt::format(
      "a write needs catalog change {}, the catalog '{}' ends at {}: the catalog is older than the "
      "log; restore the newest one",
      record.catalog_sequence, catalog_.path(), snapshot_->sequence));
}

TableSet::Table* TableSet::Prepare(const wal::TableRows& rows) {
  auto newest = snapshot_->FindTable(rows.table);
  if (newest == nullptr) {
    rows_of_dropped_tables_.Add(rows.rows->rows());
    return nullptr;
  }
  Table& table = At(rows.table);
  if (!table.layout || table.layout->table() != newest) table.layout.emplace(std::move(newest));
  return &table;
}

TableSet::Table& TableSet::At(TableId id) {
  std::unique_ptr<Table>& table = tables_[id];
  if (table == nullptr) table = std::make_unique<Table>(id, TableBuffer(meter_, epochs_));
  return *table;
}

void TableSet::Touch(Table& table) {
  if (std::exchange(table.is_touched, true)) return;
  touched_.push_back(&table);
}

void TableSet::Publish() {
  std::vector<VersionPtr> changed;
  for (Table* table : std::exchange(touched_, {})) {
    table->is_touched = false;
    auto version = std::make_shared<TableVersion>();
    version->table = table->id;
    version->visible = table->last_write;
    version->chunks = table->buffer.Slices();
    version->files = table->files;
    changed.push_back(std::move(version));
  }
  std::shared_ptr<const VersionMap> before = versions();  // freed after the lock is let go
  std::shared_ptr<const VersionMap> next = before->With(visible_, changed);
  MutexLock lock(mutex_);
  versions_ = std::move(next);
}

}  // namespace tidemill::storage
