#include "app/commands/storage_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <unordered_set>
#include <vector>

#include "app/data_directory.h"
#include "base/status_macros.h"
#include "catalog/catalog.h"
#include "objectstore/object_store.h"
#include "storage/block_sums.h"
#include "storage/file_check.h"
#include "storage/manifest.h"
#include "wal/survey.h"

namespace tidemill::app {
namespace {

class Checker {
 public:
  Checker(FileSystem& fs, const DataDirectory& directory, const std::string& node_id,
          const std::function<void(const std::string&)>& print)
      : fs_(fs),
        directory_(directory),
        node_id_(node_id),
        print_(print),
        store_(objectstore::MakeLocalStore(fs, directory.root)) {}

  std::size_t Run() {
    print_(fmt::format("checking '{}'", directory_.node));
    CheckCatalog();
    CheckLog();
    CheckManifest();
    if (damages_ == 0) {
      print_("all is well");
    } else {
      print_(
          fmt::format("{} damaged: nothing was changed; keep a copy of the directory before "
                      "you repair anything",
                      damages_ == 1 ? "1 place is" : fmt::format("{} places are", damages_)));
    }
    return damages_;
  }

 private:
  void NoteDamage(const std::string& what) {
    ++damages_;
    print_("DAMAGED " + what);
  }

  void CheckCatalog() {
    std::uint64_t torn_bytes = 0;
    auto snapshot = catalog::Catalog::Read(fs_, directory_.node + "/catalog", &torn_bytes);
    if (!snapshot.ok()) return NoteDamage(snapshot.error().message);
    catalog_ = std::move(snapshot).value();
    print_(fmt::format("catalog: {} databases, {} tables, {} triggers, {} changes{}",
                       catalog_->databases.size(), catalog_->table_count(),
                       catalog_->triggers_by_id.size(), catalog_->sequence, Torn(torn_bytes)));
  }

  void CheckLog() {
    std::uint64_t needed = 0;
    const auto visit = [&](const wal::CommittedRecord& record) -> Status {
      if (const auto* rows = std::get_if<wal::RowsRecord>(record.record.get()))
        needed = std::max(needed, rows->catalog_sequence);
      return Ok();
    };
    const auto survey = wal::SurveyLog(fs_, directory_.node + "/wal", visit);
    if (!survey.ok()) return NoteDamage("log: " + survey.error().message);
    print_(fmt::format("log: {} segments, {} groups, {} records, sequences {} to {}{}",
                       survey->segments, survey->groups, survey->records, survey->first,
                       survey->last, Torn(survey->torn_bytes)));
    for (const wal::Damage& damage : survey->damage) NoteDamage(Describe(damage, survey->flushed));
    if (catalog_ != nullptr && needed > catalog_->sequence) {
      NoteDamage(fmt::format(
          "catalog '{}/catalog': it ends at change {}, but the log needs change {}: it is older "
          "than the log; restore the newest one",
          directory_.node, catalog_->sequence, needed));
    }
  }

  std::string Describe(const wal::Damage& damage, Sequence flushed) const {
    std::string text = fmt::format("log '{}' at offset {}", damage.file, damage.offset);
    if (damage.end > damage.offset) text += fmt::format(" to {}", damage.end);
    text += ": " + damage.what;
    if (damage.first > damage.last) return text + "; no write is known to be lost";
    text += fmt::format("; sequences {} to {} cannot be read", damage.first, damage.last);
    if (damage.last <= flushed) {
      return text + ", all of them are in Parquet files already: no row is lost";
    }
    return text + Tables(damage.tables) + "; restore the file from a backup";
  }

  std::string Tables(const std::vector<TableId>& tables) const {
    if (tables.empty()) return ", of tables that can no longer be told";
    std::string text;
    for (const TableId id : tables) {
      text += text.empty() ? ", of tables " : ", ";
      const auto table = catalog_ == nullptr ? nullptr : catalog_->FindTable(id);
      const auto* database = table == nullptr ? nullptr : catalog_->FindDatabase(table->database);
      text += database == nullptr ? fmt::format("number {}", id.value())
                                  : database->name + "." + table->name;
    }
    return text;
  }

  void CheckManifest() {
    const auto manifest = storage::Manifest::Read(fs_, directory_.node + "/manifest");
    if (!manifest.ok()) return NoteDamage(manifest.error().message);
    const storage::ManifestState& state = (*manifest)->state();
    print_(
        fmt::format("manifest: {} files{}", state.files.size(), Torn((*manifest)->torn_bytes())));
    std::uint64_t bytes = 0;
    std::size_t sound = 0;
    for (const auto& [number, file] : state.files) {
      const Status checked = storage::CheckDataFile(*store_, file);
      if (checked.ok()) {
        ++sound;
        bytes += file.bytes;
        continue;
      }
      NoteDamage(fmt::format("file: {}; {} rows of sequences {} to {}{}; restore it from a backup",
                             checked.error().message, file.rows, file.first_sequence + 1,
                             file.last_sequence, Tables({file.table})));
    }
    print_(fmt::format("files: {} are sound, {} bytes; every block has been read", sound, bytes));
    NoteUnlisted(state);
  }

  // What a flush leaves that did not finish: a start deletes it.
  void NoteUnlisted(const storage::ManifestState& state) {
    const auto objects = store_->List(node_id_ + "/dbs/");
    if (!objects.ok()) return NoteDamage(objects.error().message);
    std::unordered_set<std::string> listed;
    for (const auto& [number, file] : state.files) {
      listed.insert(file.object);
      listed.insert(storage::BlockSumsName(file.object));
    }
    std::size_t unlisted = 0;
    for (const auto& object : *objects) unlisted += listed.contains(object.name) ? 0 : 1;
    if (unlisted > 0) {
      print_(
          fmt::format("files: {} more that the manifest does not list; the next start deletes "
                      "them",
                      unlisted));
    }
  }

  static std::string Torn(std::uint64_t bytes) {
    if (bytes == 0) return "";
    return fmt::format(", and {} bytes of a last write that was never acknowledged", bytes);
  }

  FileSystem& fs_;
  const DataDirectory& directory_;
  const std::string& node_id_;
  const std::function<void(const std::string&)>& print_;
  const std::unique_ptr<objectstore::ObjectStore> store_;
  catalog::Catalog::SnapshotPtr catalog_;  // nullptr: it cannot be read
  std::size_t damages_ = 0;
};

}  // namespace

Result<std::size_t> CheckStorage(FileSystem& fs, const std::string& data_dir,
                                 const std::string& node_id,
                                 const std::function<void(const std::string&)>& print) {
  TRY_ASSIGN(const DataDirectory directory, InspectDataDirectory(fs, data_dir, node_id));
  return Checker(fs, directory, node_id, print).Run();
}

}  // namespace tidemill::app
