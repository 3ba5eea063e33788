#include "storage/data_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "columnar/merge_runs.h"
#include "storage/block_sums.h"
#include "storage/file_columns.h"
#include "storage/flush_batches.h"

namespace tidemill::storage {
namespace {

constexpr std::string_view kFolder = "dbs/";
constexpr std::string_view kSuffix = ".parquet";

void NoteOverwrites(const FrozenTable& frozen, FileEntry& entry) {
  std::int64_t min = INT64_MAX;
  std::int64_t max = INT64_MIN;
  for (const columnar::ChunkSlice& piece : frozen.pieces) {
    if (!piece.may_overwrite) continue;
    entry.may_overwrite = true;
    min = std::min(min, piece.overwrite_min);
    max = std::max(max, piece.overwrite_max);
  }
  if (!entry.may_overwrite) return;
  entry.overwrite_min = Timestamp(min);
  entry.overwrite_max = Timestamp(max);
}

// What the merged files may overwrite in those that are older than all of them.
void NoteOverwrites(const FileList& files, FileEntry& entry) {
  entry.overwrite_min = Timestamp::Max();
  entry.overwrite_max = Timestamp::Min();
  for (const auto& file : files) {
    if (!file->may_overwrite) continue;
    entry.may_overwrite = true;
    entry.overwrite_min = std::min(entry.overwrite_min, file->overwrite_min);
    entry.overwrite_max = std::max(entry.overwrite_max, file->overwrite_max);
  }
}

sql::ParquetFile ToParquetFile(const FileEntry& file) {
  return {.object = file.object,
          .bytes = file.bytes,
          .rows = file.rows,
          .min_time = file.min_time,
          .max_time = file.max_time};
}

}  // namespace

DataFiles::DataFiles(objectstore::ObjectStore& store, sql::InternalEngine& engine,
                     std::string prefix)
    : store_(store),
      engine_(engine),
      prefix_(std::move(prefix)),
      graveyard_(std::make_shared<Graveyard>()) {}

std::string DataFiles::NameOf(DatabaseId database, TableId table, std::uint64_t number) const {
  return fmt::format("{}{}{}/{}/{:010}{}", prefix_, kFolder, database.value(), table.value(),
                     number, kSuffix);
}

std::optional<std::uint64_t> DataFiles::NumberIn(std::string_view object) {
  object.remove_prefix(object.rfind('/') + 1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(object.data(), object.data() + object.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view rest(end, static_cast<std::size_t>(object.data() + object.size() - end));
  if (rest != kSuffix && rest != BlockSumsName(std::string(kSuffix))) return std::nullopt;
  return number;
}

Result<FileEntry> DataFiles::Write(const FrozenTable& frozen, std::uint64_t number) {
  FileEntry entry = NewEntry(*frozen.table, number);
  entry.first_sequence = frozen.first;
  entry.last_sequence = frozen.last;
  NoteOverwrites(frozen, entry);
  FlushBatches batches(frozen.pieces, frozen.table->schema);
  return WriteRows(std::move(entry), batches.columns(), [&] { return batches.Next(); });
}

Result<FileEntry> DataFiles::Merge(const catalog::Table& table, const FileList& files,
                                   std::uint64_t number, const std::atomic<bool>& gives_up) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    CHECK(files[i]->table == table.id) << "the files of one table are merged";
    CHECK(i == 0 || files[i - 1]->last_sequence <= files[i]->first_sequence)
        << "files are merged in the order of writing";
    TRY(CheckSums(*files[i]));
  }
  const FileColumns columns(table.schema.Alphabetical(), table.schema);
  std::vector<columnar::MergeRuns::Run> newest_first;
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    TRY_ASSIGN(auto run, engine_.ReadParquet(ToParquetFile(**file), columns.merged()));
    newest_first.push_back(std::move(run));
  }
  columnar::MergeRuns merge(std::move(newest_first), {.tags = columns.tags()});

  FileEntry entry = NewEntry(table, number);
  entry.first_sequence = files.front()->first_sequence;
  entry.last_sequence = files.back()->last_sequence;
  NoteOverwrites(files, entry);
  return WriteRows(std::move(entry), columns.ForParquet(),
                   [&]() -> Result<std::optional<columnar::ValueBatch>> {
                     if (gives_up) return Error{ErrorCode::kCancelled, "the server stops"};
                     TRY_ASSIGN(auto merged, merge.Next());
                     if (!merged) return std::optional<columnar::ValueBatch>();
                     return std::optional(columns.Arrange(std::move(*merged)));
                   });
}

FileEntry DataFiles::NewEntry(const catalog::Table& table, std::uint64_t number) const {
  FileEntry entry;
  entry.number = number;
  entry.database = table.database;
  entry.table = table.id;
  entry.object = NameOf(table.database, table.id, number);
  return entry;
}

Result<FileEntry> DataFiles::WriteRows(
    FileEntry entry, const std::vector<sql::InternalEngine::ParquetColumn>& columns,
    sql::InternalEngine::BatchSource source) {
  TRY_ASSIGN(const sql::WrittenParquet written,
             engine_.WriteParquet(entry.object, columns, std::move(source)));
  entry.bytes = written.bytes;
  entry.rows = written.rows;
  entry.min_time = written.min_time;
  entry.max_time = written.max_time;

  const Result<std::uint32_t> crc_sum = WriteSums(entry.object);
  if (!crc_sum.ok()) {
    DeleteGarbage(entry.object);
    return crc_sum.error();
  }
  entry.crc_sum = *crc_sum;
  return entry;
}

Status DataFiles::CheckSums(const FileEntry& entry) {
  TRY_ASSIGN(const std::string stored, store_.Get(BlockSumsName(entry.object)));
  TRY_ASSIGN(const BlockSums found, ComputeBlockSums(store_, entry.object));
  if (Crc32c(stored) != entry.crc_sum) {
    return CorruptError(fmt::format("'{}': damaged: its sum is not the one in the manifest",
                                    BlockSumsName(entry.object)));
  }
  TRY_ASSIGN(const BlockSums expected, DecodeBlockSums(stored));
  if (found.object_bytes != expected.object_bytes) {
    return CorruptError(fmt::format("'{}': damaged: it has {} bytes and had {}", entry.object,
                                    found.object_bytes, expected.object_bytes));
  }
  const auto [block, _] = std::ranges::mismatch(found.sums, expected.sums);
  if (block == found.sums.end()) return Ok();
  return CorruptError(fmt::format("'{}': damaged: the block at byte {} is not what was written",
                                  entry.object,
                                  (block - found.sums.begin()) * BlockSums::kBlockBytes));
}

Result<std::uint32_t> DataFiles::WriteSums(const std::string& object) {
  TRY_ASSIGN(const BlockSums sums, ComputeBlockSums(store_, object));
  const std::string encoded = EncodeBlockSums(sums);
  TRY(store_.Put(BlockSumsName(object), encoded));
  return Crc32c(encoded);
}

std::shared_ptr<const FileEntry> DataFiles::Share(FileEntry entry) {
  return {new FileEntry(std::move(entry)), [graveyard = graveyard_](const FileEntry* shared) {
            graveyard->Died(*shared);
            delete shared;
          }};
}

void DataFiles::Retire(const FileEntry& entry) { graveyard_->Retire(entry.number); }

std::size_t DataFiles::DeleteDead() {
  const std::vector<std::string> dead = graveyard_->TakeDead();
  for (const std::string& object : dead) DeleteGarbage(object);
  return dead.size();
}

Result<std::vector<std::string>> DataFiles::List() {
  TRY_ASSIGN(const auto objects, store_.List(fmt::format("{}{}", prefix_, kFolder)));
  std::vector<std::string> names;
  for (const objectstore::ObjectInfo& object : objects) {
    if (NumberIn(object.name)) names.push_back(object.name);
  }
  return names;
}

void DataFiles::DeleteGarbage(const std::string& object) {
  Status deleted = store_.Delete(object);
  if (deleted.ok() && object.ends_with(kSuffix)) deleted = store_.Delete(BlockSumsName(object));
  if (deleted.ok()) return;
  Log(LogLevel::kWarn, "storage", "delete '{}': {}", object, deleted.error().message);
}

void DataFiles::Graveyard::Retire(std::uint64_t number) {
  MutexLock lock(mutex_);
  retired_.insert(number);
}

void DataFiles::Graveyard::Died(const FileEntry& entry) {
  MutexLock lock(mutex_);
  if (retired_.erase(entry.number) > 0) dead_.push_back(entry.object);
}

std::vector<std::string> DataFiles::Graveyard::TakeDead() {
  MutexLock lock(mutex_);
  return std::exchange(dead_, {});
}

}  // namespace tidemill::storage
