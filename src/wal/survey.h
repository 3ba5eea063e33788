// Reads a whole log that nobody writes, goes on behind damage, and says what is damaged. Changes
// nothing.
//
// replay.h is what a start does: it stops at the first damage. Here every sound group is visited
// and every damaged stretch is named: for `tidemill storage check`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/ids.h"
#include "base/result.h"
#include "wal/wal.h"

namespace tidemill::wal {

// A stretch of a segment file that cannot be read, though something behind it proves that it had
// been durable.
struct Damage {
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t end = 0;  // where sound data goes on; `offset`: not known, or nothing is left
  Sequence first = 0;     // of what is lost; first > last: no write, as far as can be told
  Sequence last = 0;
  std::vector<TableId> tables;  // that the broken bytes still name; there may be others
  std::string what;             // "a group cannot be read"
};

struct Survey {
  std::size_t segments = 0;
  std::size_t groups = 0;  // sound ones
  std::size_t records = 0;
  Sequence first = 0;  // sequences found, 0: none
  Sequence last = 0;
  Sequence flushed = 0;  // every write up to here was in files when the newest segment began
  std::uint64_t torn_bytes = 0;  // of a write at the end that was never acknowledged
  std::vector<Damage> damage;
};

// `visit` (may be empty) gets every sound record in order; its error ends the survey. Other errors:
// kUnsupported (a newer format), kIo.
Result<Survey> SurveyLog(FileSystem& fs, const std::string& directory,
                         const std::function<Status(const CommittedRecord&)>& visit);

}  // namespace tidemill::wal
