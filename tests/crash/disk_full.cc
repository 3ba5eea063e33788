// The disk is full at a random moment: writes are refused with a reason, reads go on. Then there is
// space again, and writes are taken without a restart. Or the node starts on the full disk.
#include <chrono>

#include "torture.h"
#include "world.h"

namespace tidemill::crash {
namespace {

constexpr int kSteps = 10;
constexpr int kFillStepsMax = 200;
constexpr std::uint64_t kRoomMax = 24 << 10;
constexpr std::uint64_t kMuch = 1 << 30;

// Writes until one is refused for lack of space. False: that did not happen.
bool Fill(Tally& tally, World& world, Stack& stack) {
  world.fs.SetCapacity(world.fs.used_bytes() + world.Below(kRoomMax));
  for (int step = 0; step < kFillStepsMax; ++step) {
    const Status written = world.client.WriteOnce(stack);
    if (written.ok()) continue;
    if (written.error().code != ErrorCode::kUnavailable) {
      tally.Wrong("a full disk is no reason for: " + written.error().message);
    }
    return true;
  }
  tally.Wrong("the disk did not become full");
  return false;
}

void ExpectReadable(Tally& tally, World& world, Stack& stack, std::string_view when) {
  const Result<Rows> rows = stack.Read();
  if (rows.ok())
    world.oracle.SeeAll(*rows);
  else
    tally.Wrong(std::string(when) + ": cannot be read: " + rows.error().message);
}

void ExpectWritable(Tally& tally, World& world, Stack& stack) {
  world.fs.SetCapacity(kMuch);
  world.clock.Advance(std::chrono::seconds(2));
  if (const Status written = world.client.WriteOnce(stack); !written.ok()) {
    tally.Wrong("there is space again, but: " + written.error().message);
  }
  if (stack.wal().Health() != "ok") tally.Wrong("health stays: " + stack.wal().Health());
}

}  // namespace

void FillDisk(Tally& tally, Rounds rounds) {
  for (std::uint64_t round = 0; round < rounds.count && tally.is_clean(); ++round) {
    World world(tally, rounds.seed + round);
    world.fs.SetCapacity(kMuch);
    const bool restarts_on_full_disk = world.Below(3) == 0;
    {
      Stack stack = world.MakeStack();
      if (!world.Restart(stack)) return;
      world.client.Run(stack, kSteps);
      if (!Fill(tally, world, stack)) return;
      ExpectReadable(tally, world, stack, "disk full");
      world.client.Run(stack, kSteps);  // flushes and changes of the catalog too
      if (!restarts_on_full_disk) ExpectWritable(tally, world, stack);
    }
    world.fs.PowerCut(world.random.Next());
    Stack stack = world.MakeStack();
    if (!world.Restart(stack)) return;
    ExpectWritable(tally, world, stack);
    ExpectReadable(tally, world, stack, "space again");
  }
}

}  // namespace tidemill::crash
