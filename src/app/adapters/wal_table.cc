#include "app/adapters/wal_table.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "query/value_table_builder.h"

namespace tidemill::app {
namespace {

using columnar::ValueKind;
using query::MakeColumn;

constexpr std::size_t kHoldersShown = 20;  // of one segment

// Somebody who needs the log behind `passed`.
struct Holder {
  std::string name;
  Sequence passed = 0;
};

std::string NameOf(const catalog::Snapshot& snapshot, DatabaseId database) {
  const catalog::Database* found = snapshot.FindDatabase(database);
  return found == nullptr ? "?" : found->name;
}

std::vector<Holder> Holders(const catalog::Snapshot& snapshot, const storage::Storage& storage,
                            const wal::Wal& wal) {
  std::vector<Holder> holders;
  for (const storage::BufferedTable& buffered : storage.Buffered()) {
    const auto table = snapshot.FindTable(buffered.table);
    if (table == nullptr) continue;
    holders.push_back({"table " + NameOf(snapshot, table->database) + "." + table->name,
                       buffered.first_sequence - 1});
  }
  for (const auto& [name, database] : snapshot.databases) {
    for (const auto& [trigger_name, trigger] : database->triggers) {
      const auto state = wal.trigger_state(trigger->id);
      if (state) holders.push_back({"trigger " + name + "." + trigger_name, state->low_water});
    }
  }
  return holders;
}

std::string HeldBy(const wal::SegmentInfo& segment, const std::vector<Holder>& holders) {
  std::string names;
  std::size_t count = 0;
  for (const Holder& holder : holders) {
    if (segment.first > segment.last || holder.passed >= segment.last) continue;
    if (++count <= kHoldersShown) names += (names.empty() ? "" : ", ") + holder.name;
  }
  if (count > kHoldersShown) names += fmt::format(" and {} more", count - kHoldersShown);
  return names;
}

class WalTable final : public query::SystemTable {
 public:
  WalTable(const catalog::Catalog& catalog, const storage::Storage& storage, const wal::Wal& wal)
      : catalog_(catalog), storage_(storage), wal_(wal) {}

  std::string_view name() const override { return "wal"; }
  // It names tables and triggers of all databases.
  bool internal_only() const override { return true; }

  std::vector<columnar::ValueColumn> columns() const override {
    return {MakeColumn("segment", ValueKind::kUInt64),
            MakeColumn("file", ValueKind::kString),
            MakeColumn("size_bytes", ValueKind::kUInt64),
            MakeColumn("first_sequence", ValueKind::kUInt64),
            MakeColumn("last_sequence", ValueKind::kUInt64),
            MakeColumn("held_by", ValueKind::kString)};
  }

  Result<sql::ResolvedTable> Resolve(std::string_view) override {
    query::ValueTableBuilder rows(name(), columns());
    const std::vector<Holder> holders = Holders(*catalog_.Get(), storage_, wal_);
    for (const wal::SegmentInfo& segment : wal_.Segments()) {
      const bool is_empty = segment.first > segment.last;
      rows.AddRow({segment.number, segment.file, segment.bytes,
                   is_empty ? query::Cell() : query::Cell(segment.first),
                   is_empty ? query::Cell() : query::Cell(segment.last), HeldBy(segment, holders)});
    }
    return sql::ResolvedTable{rows.Finish(), ""};
  }

 private:
  const catalog::Catalog& catalog_;
  const storage::Storage& storage_;
  const wal::Wal& wal_;
};

}  // namespace

std::unique_ptr<query::SystemTable> MakeWalTable(const catalog::Catalog& catalog,
                                                 const storage::Storage& storage,
                                                 const wal::Wal& wal) {
  return std::make_unique<WalTable>(catalog, storage, wal);
}

}  // namespace tidemill::app
