// The power goes at any call of the file system, in one to three lives in a row, also while the
// node starts. Of what was not synced a random part is lost: sectors, sizes, names, in any order.
#include "torture.h"
#include "world.h"

namespace tidemill::crash {
namespace {

constexpr std::uint64_t kLivesMax = 3;
constexpr int kSteps = 20;
// About what a life of that many steps takes, so that some lives end before their cut.
constexpr std::uint64_t kCallsMax = 500;

void Live(World& world) {
  world.fs.DieAtCall(1 + world.Below(kCallsMax));
  Stack stack = world.MakeStack();
  if (world.Restart(stack)) world.client.Run(stack, kSteps);
}

// Everything is there, and still is when it has moved to files.
void CheckAll(World& world) {
  Stack stack = world.MakeStack();
  if (!world.Restart(stack)) return;
  static_cast<void>(stack.Flush());
  world.client.Look(stack);
}

}  // namespace

void CutPower(Tally& tally, Rounds rounds) {
  for (std::uint64_t round = 0; round < rounds.count && tally.is_clean(); ++round) {
    World world(tally, rounds.seed + round);
    for (auto lives = 1 + world.Below(kLivesMax); lives > 0; --lives) {
      Live(world);
      world.fs.PowerCut(world.random.Next());
    }
    CheckAll(world);
  }
}

}  // namespace tidemill::crash
