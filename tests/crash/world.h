// One round's world: a disk that can fail, a clock, randomness, and the oracle with its client.
#pragma once

#include <cstdint>

#include "oracle.h"
#include "stack.h"
#include "testing/fault_file_system.h"
#include "testing/manual_clock.h"
#include "testing/seeded_random.h"
#include "workload.h"

namespace tidemill::crash {

class World {
 public:
  World(Tally& tally, std::uint64_t seed, Workload::Options workload)
      : random(seed),
        oracle(tally),
        client(
            oracle, clock, random, [this] { return fs.is_dead(); }, workload),
        tally_(tally),
        ids_(seed) {}
  // The world of a whole round.
  World(Tally& tally, std::uint64_t seed) : World(tally, seed, Workload::Options()) {
    tally.BeginRound(seed);
  }

  // The node as it would be started next; Start() is still to come.
  Stack MakeStack() { return Stack(fs, clock, ids_, stack_options); }

  std::uint64_t Below(std::uint64_t limit) { return random.Next() % limit; }

  // A start that nothing hinders, and a reader's first look. False: there is no node.
  bool Restart(Stack& stack) {
    const Status started = stack.Start();
    if (!started.ok()) {
      if (!fs.is_dead()) tally_.RefuseStart(started.error().message);
      return false;
    }
    const Result<Rows> rows = stack.Read();
    if (rows.ok())
      oracle.SeeAfterRestart(*rows, stack.ReadFacts());
    else if (!fs.is_dead())
      tally_.Wrong("cannot be read after a restart: " + rows.error().message);
    return true;
  }

  testing::FaultFileSystem fs;
  testing::ManualClock clock;
  testing::SeededRandom random;
  Oracle oracle;
  Workload client;
  Stack::Options stack_options;

 private:
  Tally& tally_;
  testing::SeededRandom ids_;
};

}  // namespace tidemill::crash
