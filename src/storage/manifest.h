// Which files hold the flushed rows: a log of edits, durable step by step.
//
// An edit adds and removes files, and says up to which sequence each table is in files, in one
// frame: all of it happens or none. Bytes: docs/formats/manifest.md. One caller at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/framed_log.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "storage/retention.h"
#include "storage/table_version.h"

namespace tidemill::storage {

// In TableFlushed: every row of every table, or of one that is gone, up to that sequence is in
// files. The log may begin after it, so a manifest that says less than where the log begins lacks
// an edit.
inline constexpr TableId kEveryTable{0};

struct TableFlushed {
  TableId table;
  Sequence sequence = 0;  // every row of the table up to here is in its files
  bool operator==(const TableFlushed&) const = default;
};

struct ManifestEdit {
  std::uint64_t next_file = 1;  // numbers below were given out
  std::vector<FileEntry> added;
  std::vector<std::uint64_t> removed;  // file numbers
  std::vector<TableFlushed> flushed;
  std::vector<RetentionCutoff> cutoffs;
  bool operator==(const ManifestEdit&) const = default;
};

std::string EncodeManifestEdit(const ManifestEdit& edit);
// Error: kCorrupt, saying what does not fit.
Result<ManifestEdit> DecodeManifestEdit(std::string_view bytes);

// All edits so far.
struct ManifestState {
  std::string id;  // of this manifest, given once
  std::uint64_t next_file = 1;
  std::map<std::uint64_t, FileEntry> files;  // by number
  std::map<TableId, Sequence> flushed;
  std::map<DatabaseId, RetentionCutoff> cutoffs;

  // See kEveryTable; nullopt: no edit says.
  std::optional<Sequence> flushed_through() const;
  // Error: kCorrupt: a number added twice, or removed though it is not there.
  Status Check(const ManifestEdit& edit) const;
  // An edit that passed Check.
  void Apply(const ManifestEdit& edit);
  // The edit that makes this of nothing.
  ManifestEdit Whole() const;
};

class Manifest {
 public:
  static constexpr std::uint64_t kFoldBytes = 4 << 20;

  // `path` empty: nothing is kept on disk. Errors: kCorrupt, kIo.
  static Result<std::unique_ptr<Manifest>> Open(FileSystem& fs, const std::string& path);
  // What a manifest holds that no server has open, for reading alone; changes nothing. Error:
  // kNotFound when there is none; as Open.
  static Result<std::unique_ptr<Manifest>> Read(FileSystem& fs, const std::string& path);
  // Gives a new manifest its id; before the first Commit.
  Status Begin(Random& random);

  const ManifestState& state() const { return state_; }
  // Nothing was ever committed to it: it has only just been made.
  bool is_new() const { return state_.id.empty(); }
  // Bytes of a torn last edit that were cut away.
  std::uint64_t torn_bytes() const { return torn_bytes_; }

  // Durable when it returns ok. After kUnavailable (the disk is full) nothing has happened. After
  // any other error the edit may or may not be on the disk, and every later one is refused: nothing
  // that it names may be deleted before the next start.
  Status Commit(const ManifestEdit& edit);

 private:
  Manifest() = default;
  Status Fold();

  std::unique_ptr<FramedLog> log_;  // nullptr: memory only
  ManifestState state_;
  std::uint64_t folded_bytes_ = 0;  // size of the log after the last fold
  std::uint64_t torn_bytes_ = 0;
};

}  // namespace tidemill::storage
