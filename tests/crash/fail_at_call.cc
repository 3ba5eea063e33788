// One call of the file system fails: the first, the second, and so on, until a script runs clean.
// Whatever the caller was told must be true, then and after a restart; and the node goes on.
#include <chrono>

#include "torture.h"
#include "world.h"

namespace tidemill::crash {
namespace {

using testing::Fault;

constexpr int kSteps = 8;

// Returns whether the script took fewer calls than `call`.
bool RunScript(Tally& tally, std::uint64_t seed, Fault fault, std::uint64_t call) {
  World world(tally, seed);
  world.fs.FailCall(call, fault);
  {
    Stack stack = world.MakeStack();
    if (stack.Start().ok()) {
      world.client.Run(stack, kSteps);
      // A disk that was full is tried again after a while.
      world.clock.Advance(std::chrono::minutes(1));
      world.client.Run(stack, 2);
    }
  }
  const bool is_clean = world.fs.faults_hit() == 0;
  world.fs.ClearFaults();
  if (world.Below(2) == 0)
    world.fs.Restart();
  else
    world.fs.PowerCut(call);

  Stack stack = world.MakeStack();
  if (!world.Restart(stack)) return is_clean;
  if (const Status written = world.client.WriteOnce(stack); !written.ok()) {
    tally.Wrong("a write is refused after the restart: " + written.error().message);
  }
  if (const Status flushed = stack.Flush(); !flushed.ok()) {
    tally.Wrong("a flush fails after the restart: " + flushed.error().message);
  }
  world.client.Look(stack);
  return is_clean;
}

}  // namespace

void FailCalls(Tally& tally, Rounds rounds) {
  for (std::uint64_t round = 0; round < rounds.count; ++round) {
    for (const Fault fault : {Fault::kIo, Fault::kNoSpace, Fault::kShortWrite}) {
      for (std::uint64_t call = 1; tally.is_clean(); ++call) {
        if (RunScript(tally, rounds.seed + round, fault, call)) break;
      }
    }
  }
}

}  // namespace tidemill::crash
