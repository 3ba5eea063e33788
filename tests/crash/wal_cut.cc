// The log ends at any byte: the newest segment is cut there, or reads as zeros from there on. The
// node must start, with every write whose frame ends before the cut and none of the others.
//
// A cut disk is an older disk, so what was acknowledged later may be missing; the length of the
// log after each write says which writes these are. One write is one frame here.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "torture.h"
#include "world.h"

namespace tidemill::crash {
namespace {

// Frames from 200 bytes to 8 KiB, with text that does not compress.
constexpr std::uint64_t kLastWriteBytesMax = 32 << 10;
constexpr std::uint64_t kZerosEvery = 4;  // bytes: the rest of the segment as zeros
constexpr Workload::Options kWrites{.rows_max = 2,
                                    .text_bytes_max = 4 << 10,
                                    .with_changes = false,
                                    .with_flushes = false,
                                    .with_no_sync = false};

struct WrittenLog {
  std::string segment;  // the newest
  std::uint64_t end = 0;
  std::vector<std::uint64_t> frame_ends;  // of its writes, in order
  std::vector<std::uint64_t> data_ends;   // the same without the zeros that a frame may end in
  std::vector<std::size_t> rows;  // in all writes up to and with each; [0]: before the segment
};

// A log whose newest segment holds at least `bytes`, behind one that holds a little.
WrittenLog WriteLog(World& world, std::uint64_t bytes) {
  {
    Stack stack = world.MakeStack();
    CHECK(stack.Start().ok());
    for (int i = 0; i < 3; ++i) CHECK(world.client.WriteOnce(stack).ok());
  }
  Stack stack = world.MakeStack();
  CHECK(stack.Start().ok());
  WrittenLog log{.segment = stack.wal().Segments().back().file,
                 .end = 0,
                 .frame_ends = {},
                 .data_ends = {},
                 .rows = {world.oracle.stored_rows()}};
  while (log.end < bytes) {
    CHECK(world.client.WriteOnce(stack).ok());
    log.end = stack.wal().Segments().back().bytes;
    log.frame_ends.push_back(log.end);
    log.rows.push_back(world.oracle.stored_rows());
  }
  CHECK(stack.wal().Segments().back().file == log.segment);
  const std::string content = ReadWholeFile(world.fs, log.segment).value();
  for (const std::uint64_t end : log.frame_ends) {
    log.data_ends.push_back(content.find_last_not_of('\0', end - 1) + 1);
  }
  return log;
}

std::size_t CountRows(const Rows& rows) {
  std::size_t count = 0;
  for (const auto& [table, texts] : rows) count += texts.size();
  return count;
}

void CutAt(testing::FaultFileSystem& fs, const WrittenLog& log, std::uint64_t at, bool to_zeros) {
  const auto file = fs.Open(log.segment, OpenMode::kReadWrite).value();
  const std::uint64_t size = file->Size().value();
  CHECK(file->Truncate(at).ok());
  if (to_zeros) CHECK(file->Allocate(size).ok());
}

// The rows are the oracle's, from the first write on, so their number says which they are.
void CheckCut(Tally& tally, World& world, const World& origin, const WrittenLog& log,
              std::uint64_t at, bool to_zeros) {
  world.fs.CopyFrom(origin.fs);
  CutAt(world.fs, log, at, to_zeros);
  Stack stack = world.MakeStack();
  if (const Status started = stack.Start(); !started.ok()) {
    return tally.RefuseStart(fmt::format("cut at byte {}: {}", at, started.error().message));
  }
  const auto& ends = to_zeros ? log.data_ends : log.frame_ends;
  const auto whole = std::ranges::upper_bound(ends, at) - ends.begin();
  const std::size_t expected = log.rows[static_cast<std::size_t>(whole)];
  const std::size_t found = CountRows(stack.ReadMemory());
  const std::string what = fmt::format("cut at byte {} of {}, {} rows where {} were whole", at,
                                       log.end, found, expected);
  if (found < expected) tally.Lose(what);
  if (found > expected) tally.Wrong(what);
}

}  // namespace

void CutLog(Tally& tally, Rounds rounds) {
  // The header and the state frame too: a segment that has just begun is cut at every byte.
  for (const std::uint64_t bytes : {std::uint64_t{1}, rounds.count}) {
    World origin(tally, rounds.seed, kWrites);
    origin.stack_options.segment_bytes = rounds.count + kLastWriteBytesMax;
    const WrittenLog log = WriteLog(origin, bytes);
    const std::uint64_t from = bytes == 1 ? 0 : log.end - rounds.count;
    World world(tally, rounds.seed, kWrites);
    world.stack_options = origin.stack_options;
    for (std::uint64_t at = from; at < log.end && tally.is_clean(); ++at) {
      tally.BeginRound(rounds.seed, rounds.count);
      CheckCut(tally, world, origin, log, at, false);
      if (at % kZerosEvery == 0) CheckCut(tally, world, origin, log, at, true);
    }
  }
}

}  // namespace tidemill::crash
