// fsync fails once. Under the log: the write it was for ends with "outcome unknown", later ones are
// refused until a restart, nothing is synced again, reads go on and health says why. Under the
// catalog: the same for changes, while writes that need none go on.
#include <chrono>

#include "torture.h"
#include "world.h"

namespace tidemill::crash {
namespace {

using testing::Fault;
using testing::FaultCall;

constexpr int kSteps = 10;
constexpr int kTriesAfter = 5;
constexpr std::uint64_t kRoomBytes = 512;  // more than one write takes

void ExpectUnknown(Tally& tally, const Status& outcome) {
  if (!outcome.ok() && outcome.error().code == ErrorCode::kOutcomeUnknown) return;
  tally.Wrong("fsync failed, and the caller was told: " +
              (outcome.ok() ? "stored" : outcome.error().message));
}

void ExpectReadable(Tally& tally, World& world, Stack& stack) {
  const Result<Rows> rows = stack.Read();
  if (!rows.ok()) return tally.Wrong("reads do not go on: " + rows.error().message);
  world.oracle.SeeAll(*rows);
}

// The next write goes to the segment there is; a new one has a sync of its own.
void MakeRoom(World& world, Stack& stack) {
  do CHECK(world.client.WriteKnown(stack).ok());
  while (stack.wal().Segments().back().bytes + kRoomBytes > world.stack_options.segment_bytes);
}

void FailUnderLog(Tally& tally, World& world, Stack& stack) {
  MakeRoom(world, stack);
  world.fs.FailCall(1, Fault::kIo, FaultCall::kSyncData);
  ExpectUnknown(tally, world.client.WriteKnown(stack));
  const std::uint64_t syncs = world.fs.data_syncs();
  for (int i = 0; i < kTriesAfter; ++i) {
    world.clock.Advance(std::chrono::minutes(10));
    if (world.client.WriteKnown(stack).ok()) tally.Wrong("a write is taken after a failed fsync");
  }
  if (world.fs.data_syncs() != syncs) tally.Wrong("synced again after a failed fsync");
  if (stack.wal().Health().find("the WAL has failed: sync") == std::string::npos) {
    tally.Wrong("health does not say why: " + stack.wal().Health());
  }
  ExpectReadable(tally, world, stack);
}

void FailUnderCatalog(Tally& tally, World& world, Stack& stack) {
  world.fs.FailCall(1, Fault::kIo, FaultCall::kSyncData);
  ExpectUnknown(tally, world.client.CreateDatabase(stack));
  for (int i = 0; i < kTriesAfter; ++i) {
    if (world.client.CreateDatabase(stack).ok()) {
      tally.Wrong("a change is taken after a failed fsync");
    }
    const Status written = world.client.WriteKnown(stack);
    if (!written.ok()) tally.Wrong("a write without a change: " + written.error().message);
  }
  ExpectReadable(tally, world, stack);
}

}  // namespace

void FailSyncs(Tally& tally, Rounds rounds) {
  for (std::uint64_t round = 0; round < rounds.count && tally.is_clean(); ++round) {
    World world(tally, rounds.seed + round);
    world.stack_options.fold_catalog_bytes = 1 << 20;  // a fold syncs after its change is answered
    {
      Stack stack = world.MakeStack();
      if (!world.Restart(stack)) return;
      world.client.Run(stack, kSteps);
      CHECK(world.client.WriteKnown(stack).ok());  // behind it nothing is on its way
      if (world.Below(3) != 0)
        FailUnderLog(tally, world, stack);
      else
        FailUnderCatalog(tally, world, stack);
    }
    if (world.Below(2) == 0)
      world.fs.Restart();
    else
      world.fs.PowerCut(world.random.Next());
    Stack stack = world.MakeStack();
    if (!world.Restart(stack)) return;
    const Status written = world.client.WriteKnown(stack);
    if (!written.ok()) tally.Wrong("refused after a restart: " + written.error().message);
    ExpectReadable(tally, world, stack);
  }
}

}  // namespace tidemill::crash
