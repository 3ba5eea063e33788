// What one table holds at one moment: chunks in memory and files. Immutable; readers share it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/timestamp.h"
#include "columnar/chunk.h"

namespace tidemill::storage {

// A file the manifest lists (or listed: it lives until its last pin dies, and is deleted then).
struct FileEntry {
  std::uint64_t number = 0;  // unique in the node, never given twice
  std::string object;        // its name in the object store
  DatabaseId database;
  TableId table;
  Sequence first_sequence = 0;  // holds the writes of (first, last]
  Sequence last_sequence = 0;
  std::uint64_t bytes = 0;
  std::uint64_t rows = 0;
  Timestamp min_time;
  Timestamp max_time;
  // Some row, within these times, may have the identity of an earlier row of the table (contracts
  // D.3). The times mean nothing while the flag is off.
  bool may_overwrite = false;
  Timestamp overwrite_min;
  Timestamp overwrite_max;
  std::uint32_t crc_sum = 0;  // of the object `<name>.crc` (contracts D.6); 0: none

  bool operator==(const FileEntry&) const = default;
};
using FileList = std::vector<std::shared_ptr<const FileEntry>>;

struct TableVersion {
  TableId table;
  Sequence visible = 0;                      // the newest write in it
  std::vector<columnar::ChunkSlice> chunks;  // oldest first
  FileList files;                            // by last_sequence
  Timestamp cutoff = Timestamp::Min();       // rows before it are not seen (retention)

  std::size_t buffered_rows() const;
};

}  // namespace tidemill::storage
