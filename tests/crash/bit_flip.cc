// One bit of the log, the catalog, the manifest or the marker of the directory is wrong. Then the
// node does not start, with an error that names the file; or it starts and every row and every fact
// is as it was. Never anything else, with one exception that is in the format: damage in the very
// last write of a file cannot be told from a write that was cut short, so that one is cut off and
// reported, and nothing else may be missing.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "torture.h"
#include "world.h"

namespace tidemill::crash {
namespace {

constexpr std::uint64_t kFlipsPerDisk = 50;  // then another disk is made
constexpr int kSteps = 12;
constexpr Workload::Options kWrites{.with_no_sync = false};

// A disk with a few segments, a catalog, files and a manifest; and what a reader sees of it.
struct Disk {
  Disk(Tally& tally, std::uint64_t seed) : world(tally, seed, kWrites) {
    // Two lives: the log has a segment of each.
    for (int life = 0; life < 2; ++life) {
      Stack stack = world.MakeStack();
      CHECK(world.Restart(stack));
      world.client.Run(stack, kSteps);
      before_last = stack.Read().value();
      CHECK(world.client.WriteKnown(stack).ok());
      rows = stack.Read().value();
      facts = stack.ReadFacts();
    }
    FindFiles(Stack::kDataDirectory);
  }

  void FindFiles(const std::string& directory) {
    const auto entries = world.fs.List(directory).value();
    for (const DirectoryEntry& entry : entries) {
      const std::string path = directory + "/" + entry.name;
      const bool is_empty_space = entry.name == "reserve" || entry.name == "lock";
      if (entry.is_directory && entry.name != "dbs") FindFiles(path);
      if (!entry.is_directory && !is_empty_space && entry.size > 0) {
        files.push_back(path);
        sizes.push_back(entry.size);
      }
    }
  }

  World world;
  Rows rows;
  Rows before_last;  // without the last write
  Facts facts;
  std::vector<std::string> files;
  std::vector<std::uint64_t> sizes;
};

struct Flip {
  std::string file;
  std::uint64_t offset = 0;
  unsigned char mask = 1;
};

// Half of the space of a segment is empty; most flips go where something is.
Flip ChooseFlip(Disk& disk) {
  const std::size_t file = disk.world.Below(disk.files.size());
  const std::string bytes = ReadWholeFile(disk.world.fs, disk.files[file]).value();
  const std::size_t used = bytes.find_last_not_of('\0') + 1;
  const std::uint64_t end = disk.world.Below(10) == 0 ? bytes.size() : used;
  return {.file = disk.files[file],
          .offset = disk.world.Below(end),
          .mask = static_cast<unsigned char>(1U << disk.world.Below(8))};
}

void Sort(Rows& rows) {
  for (auto& [table, texts] : rows) std::sort(texts.begin(), texts.end());
}

bool AreSame(Rows a, Rows b) {
  Sort(a);
  Sort(b);
  return a == b;
}

void CheckFlip(Tally& tally, Disk& disk, const Flip& flip) {
  testing::FaultFileSystem fs;
  fs.CopyFrom(disk.world.fs);
  fs.FlipBits(flip.file, flip.offset, flip.mask);
  testing::ManualClock clock;
  testing::SeededRandom random;
  Stack stack(fs, clock, random, disk.world.stack_options);
  const std::string what =
      fmt::format("'{}' at offset {}, bits {:#x}", flip.file, flip.offset, flip.mask);
  if (const Status started = stack.Start(); !started.ok()) {
    const std::string& message = started.error().message;
    const std::string name = flip.file.substr(flip.file.rfind('/') + 1);
    if (message.find(name) == std::string::npos) {
      tally.Wrong(what + ": the error does not name the file: " + message);
    }
    return;
  }
  const Result<Rows> rows = stack.Read();
  if (!rows.ok()) return tally.Wrong(what + ": " + rows.error().message);
  const bool is_log = flip.file.ends_with(".wal");
  const bool is_cut = is_log && stack.wal().replayed().torn_bytes > 0;
  if (!AreSame(*rows, disk.rows) && !(is_cut && AreSame(*rows, disk.before_last))) {
    tally.Wrong(what + ": other rows than before");
  }
  if (stack.ReadFacts() != disk.facts) tally.Wrong(what + ": another catalog than before");
}

}  // namespace

void FlipBits(Tally& tally, Rounds rounds) {
  for (std::uint64_t done = 0; done < rounds.count && tally.is_clean(); done += kFlipsPerDisk) {
    const std::uint64_t seed = rounds.seed + done / kFlipsPerDisk;
    Disk disk(tally, seed);
    for (std::uint64_t flip = 0; flip < kFlipsPerDisk; ++flip) {
      tally.BeginRound(seed);
      CheckFlip(tally, disk, ChooseFlip(disk));
    }
  }
}

}  // namespace tidemill::crash
