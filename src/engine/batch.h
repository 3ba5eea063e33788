// Reads the next batch of a data-write trigger from the log: whole client writes, at least one, up
// to a number of rows (contracts G.3).
//
// Reads from memory for triggers that keep up; for laggards it reads segment files, so it is called
// on the engine's threads only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/ids.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "engine/ports.h"
#include "engine/write_filter.h"
#include "wal/wal.h"

namespace tidemill::engine {

struct Batch {
  // What is consumed when the batch is done: from behind the last batch to the last record looked
  // at.
  wal::SequenceRange range;
  Sequence first_write = 0;  // names the batch: the same for every attempt, after a crash too
  WriteCall call;            // no tables: nothing in `range` concerns the trigger
  std::size_t rows = 0;
  std::size_t bytes = 0;     // of log records
  std::uint8_t depth = 0;    // of the deepest write in it
  TriggerId deepest_origin;  // who wrote that
  bool reached_end = false;  // nothing more was in the log

  bool empty() const { return call.tables.empty(); }
};

// Writes of a run on `batch` are one trigger further from a client than the deepest in it.
inline std::uint8_t DepthOfOutput(const Batch& batch) {
  return static_cast<std::uint8_t>(batch.depth + 1);  // below the limit, else it was not taken
}

class BatchReader {
 public:
  struct Limits {
    std::size_t rows_max = 0;
    std::size_t bytes_max = 0;
    // A step looks no further than this, so that a laggard far from its next row does not hold up
    // other triggers; the batch may be empty then.
    std::size_t scanned_bytes_max = 64 << 20;
  };
  BatchReader(wal::Wal& wal, const catalog::Catalog& catalog, WriteFilter filter, Limits limits);

  // The next batch with records after `read_after`; its range begins behind `taken`, the end of
  // the batch before. Errors: the WAL's (kNotFound: the log no longer goes back that far).
  Result<Batch> Next(Sequence taken, Sequence read_after) const;
  // A batch that was under way before, as it was: all of `range` that is after
  // `read_after`.
  Result<Batch> Again(wal::SequenceRange range, Sequence read_after) const;

 private:
  wal::Wal& wal_;
  const catalog::Catalog& catalog_;
  const WriteFilter filter_;
  const Limits limits_;
};

}  // namespace tidemill::engine
