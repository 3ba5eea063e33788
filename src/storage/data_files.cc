#include "storage/data_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/crc32c.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "storage/block_sums.h"
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
  FileEntry entry;
  entry.number = number;
  entry.database = frozen.table->database;
  entry.table = frozen.table->id;
  entry.object = NameOf(entry.database, entry.table, number);
  entry.first_sequence = frozen.first;
  entry.last_sequence = frozen.last;
  NoteOverwrites(frozen, entry);

  FlushBatches batches(frozen.pieces, frozen.table->schema);
  TRY_ASSIGN(const sql::WrittenParquet written,
             engine_.WriteParquet(entry.object, batches.columns(), [&] { return batches.Next(); }));
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
