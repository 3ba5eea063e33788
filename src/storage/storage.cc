#include "storage/storage.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "storage/block_sums.h"
#include "storage/compactor.h"
#include "storage/data_files.h"
#include "storage/manifest.h"
#include "storage/table_set.h"

namespace tidemill::storage {
namespace {

// What is in the object store, held against the manifest.
struct Inventory {
  std::uint64_t next_file = 1;        // above every number that was ever used
  std::vector<std::string> unlisted;  // objects that no manifest names
};

Inventory TakeInventory(const ManifestState& manifest, const std::vector<std::string>& objects) {
  Inventory inventory{manifest.next_file, {}};
  std::unordered_set<std::string> listed;
  for (const auto& [number, file] : manifest.files) {
    listed.insert(file.object);
    listed.insert(BlockSumsName(file.object));
  }
  for (const std::string& object : objects) {
    const std::uint64_t number = DataFiles::NumberIn(object).value_or(0);
    inventory.next_file = std::max(inventory.next_file, number + 1);
    if (listed.erase(object) == 0) inventory.unlisted.push_back(object);
  }
  for (const std::string& missing : listed) {
    Log(LogLevel::kError, "storage",
        "'{}' is listed by the manifest but is not in the object store: queries that need it fail",
        missing);
  }
  return inventory;
}

// Without a manifest every data file looks like garbage: better not to start than to delete it all.
Status CheckManifestFits(const Manifest& manifest, const Inventory& inventory,
                         const std::string& path) {
  if (!manifest.is_new() || inventory.unlisted.empty()) return Ok();
  return CorruptError(fmt::format(
      "the manifest '{}' is missing, but there are data files ('{}' and {} more): restore the "
      "manifest, or move the data files away to begin anew",
      path, inventory.unlisted.front(), inventory.unlisted.size() - 1));
}

}  // namespace

class Storage::Impl {
 public:
  Impl(Clock& clock, catalog::Catalog& catalog, objectstore::ObjectStore& store,
       sql::InternalEngine& engine, observe::Metrics& metrics, std::unique_ptr<Manifest> manifest,
       const Options& options)
      : options_(options),
        clock_(clock),
        catalog_(catalog),
        manifest_(std::move(manifest)),
        files_(store, engine, options.object_prefix),
        tables_(catalog, metrics) {}

  Status Restore(Random& random, observe::Metrics& metrics) {
    TRY_ASSIGN(const std::vector<std::string> objects, files_.List());
    Inventory inventory = TakeInventory(manifest_->state(), objects);
    TRY(CheckManifestFits(*manifest_, inventory, options_.manifest_path));
    TRY(manifest_->Begin(random));
    RestoreTables();
    unlisted_ = std::move(inventory.unlisted);
    turns_.emplace(inventory.next_file);
    flusher_ = std::make_unique<Flusher>(
        Flusher::Parts{clock_, catalog_, tables_, files_, *turns_, *manifest_, retention_, metrics},
        FlushLimits{.table_bytes = options_.flush_table_bytes,
                    .buffers_bytes = options_.buffer_bytes_soft,
                    .wal_bytes = options_.wal_bytes_soft});
    compactor_ = std::make_unique<Compactor>(Compactor::Parts{
        clock_, catalog_, tables_, files_, *turns_, *manifest_, retention_, metrics});
    return Ok();
  }

  Status Start(wal::Wal& wal) {
    const Sequence flushed = tables_.EndReplay();
    if (wal.durable() < flushed) {
      return CorruptError(fmt::format(
          "the log ends at write {}, but the manifest '{}' lists files up to write {}: the log is "
          "older than the data or was deleted; restore the newest one",
          wal.durable(), options_.manifest_path, flushed));
    }
    TRY(CheckManifestReachesLog(wal));
    flusher_->Start(wal, TakeGarbage());
    compactor_->Start();
    return Ok();
  }

  const Options options_;
  Clock& clock_;
  catalog::Catalog& catalog_;
  const std::unique_ptr<Manifest> manifest_;
  Retention retention_;
  DataFiles files_;
  TableSet tables_;
  std::vector<std::string> unlisted_;
  std::optional<FileTurns> turns_;
  std::unique_ptr<Flusher> flusher_;
  std::unique_ptr<Compactor> compactor_;

 private:
  void RestoreTables() {
    const ManifestState& state = manifest_->state();
    std::vector<TableFlushed> flushed;
    for (const auto& [table, sequence] : state.flushed) flushed.push_back({table, sequence});
    FileList files;
    for (const auto& [number, file] : state.files) files.push_back(files_.Share(file));
    tables_.Restore(flushed, files);
    for (const auto& [database, cutoff] : state.cutoffs) retention_.Restore(cutoff);
  }

  // The log lets go of what the manifest lists. Where it begins later, an edit is missing, and with
  // it rows.
  Status CheckManifestReachesLog(const wal::Wal& wal) const {
    const ManifestState& state = manifest_->state();
    const std::vector<wal::SegmentInfo> segments = wal.Segments();
    // A manifest of before this was noted has files, and no such note.
    const bool is_known = state.flushed_through().has_value() || state.flushed.empty();
    if (segments.empty() || !is_known) return Ok();
    const Sequence begin = segments.front().first - 1;
    const Sequence through = state.flushed_through().value_or(0);
    if (begin <= through) return Ok();
    return CorruptError(fmt::format(
        "the manifest '{}' lists what was written up to write {}, but the log holds only what came "
        "after write {}: the manifest is older than the log or its end is damaged; restore the "
        "newest one",
        options_.manifest_path, through, begin));
  }

  // A torn last edit is a flush that did not finish: its rows are in the log. But bytes that only
  // look torn may be the one thing that named a file, so this once nothing is deleted.
  std::vector<std::string> TakeGarbage() {
    if (manifest_->torn_bytes() == 0 || unlisted_.empty()) return std::exchange(unlisted_, {});
    Log(LogLevel::kWarn, "storage",
        "the manifest '{}' lost a torn tail of {} bytes; {} unlisted files, '{}' first, are kept "
        "until the next start",
        options_.manifest_path, manifest_->torn_bytes(), unlisted_.size(), unlisted_.front());
    return {};
  }
};

Storage::Storage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Storage::~Storage() { Stop(); }

Result<std::unique_ptr<Storage>> Storage::Open(FileSystem& fs, Clock& clock, Random& random,
                                               objectstore::ObjectStore& store,
                                               catalog::Catalog& catalog,
                                               sql::InternalEngine& engine,
                                               observe::Metrics& metrics, Options options) {
  TRY_ASSIGN(auto manifest, Manifest::Open(fs, options.manifest_path));
  auto impl =
      std::make_unique<Impl>(clock, catalog, store, engine, metrics, std::move(manifest), options);
  TRY(impl->Restore(random, metrics));
  return std::unique_ptr<Storage>(new Storage(std::move(impl)));
}

Status Storage::Replay(const wal::CommittedRecord& record) { return impl_->tables_.Replay(record); }

Status Storage::Start(wal::Wal& wal) { return impl_->Start(wal); }

void Storage::OnCommitted(const wal::GroupPtr& group) {
  const std::uint64_t largest = impl_->tables_.Apply(*group);
  if (largest > impl_->options_.flush_table_bytes ||
      impl_->tables_.buffer_bytes() > impl_->options_.buffer_bytes_soft) {
    impl_->flusher_->Wake();
  }
}

View Storage::Look(catalog::Catalog::SnapshotPtr catalog) {
  return {impl_->tables_.versions(), std::move(catalog), impl_->retention_, impl_->clock_.Now()};
}

std::vector<std::shared_ptr<const TableVersion>> Storage::Pin(std::span<const TableId> tables) {
  const View view = Look(impl_->catalog_.Get());
  std::vector<std::shared_ptr<const TableVersion>> pinned;
  for (const TableId table : tables) pinned.push_back(view.Pin(table));
  return pinned;
}

Status Storage::AdmitWrite() const {
  const std::uint64_t bytes = impl_->tables_.buffer_bytes();
  if (bytes <= impl_->options_.buffer_bytes_hard) return Ok();
  return UnavailableError(
      fmt::format("recent rows take {} MiB of memory, the limit is {} MiB: wait until they are "
                  "flushed and send the write again",
                  bytes >> 20, impl_->options_.buffer_bytes_hard >> 20));
}

Result<Storage::FlushResult> Storage::FlushAll() {
  impl_->tables_.EndReplay();
  return impl_->flusher_->FlushAll();
}

Status Storage::MergeFiles(TableId table, std::size_t first, std::size_t count) {
  return impl_->compactor_->Merge(table, {first, count});
}

Result<std::size_t> Storage::DropExpiredFiles() { return impl_->flusher_->DropExpired(); }

std::size_t Storage::DeleteUnusedFiles() { return impl_->flusher_->DeleteDead(); }

void Storage::Stop() {
  impl_->compactor_->Stop();
  impl_->flusher_->Stop();
}

std::uint64_t Storage::buffer_bytes() const { return impl_->tables_.buffer_bytes(); }
std::vector<BufferedTable> Storage::Buffered() const { return impl_->tables_.Buffered(); }

std::uint64_t Storage::rows_of_dropped_tables() const {
  return impl_->tables_.rows_of_dropped_tables();
}

FileList Storage::Files() {
  FileList files;
  for (const VersionPtr& version : impl_->tables_.versions()->All()) {
    files.insert(files.end(), version->files.begin(), version->files.end());
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a->number < b->number; });
  return files;
}

}  // namespace tidemill::storage
