// The torture tests, one function and one file each; main.cc runs them by name.
//
// Each makes its rounds from seeds, tells a Tally what it finds, and ends with that one line. A
// round's faults and its client repeat with its seed; which thread comes first does not, so a rare
// find may take a few repetitions.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tally.h"

namespace tidemill::crash {

struct Rounds {
  std::uint64_t seed = 1;
  std::uint64_t count = 1;
};

struct Torture {
  std::string_view name;
  std::string_view counts;  // what a round is: "cuts"
  std::uint64_t short_count;
  std::uint64_t long_count;
  void (*run)(Tally& tally, Rounds rounds);
  std::string_view what;
};

void CutPower(Tally& tally, Rounds rounds);
void CutLog(Tally& tally, Rounds rounds);
void FlipBits(Tally& tally, Rounds rounds);
void FailCalls(Tally& tally, Rounds rounds);
void FillDisk(Tally& tally, Rounds rounds);
void FailSyncs(Tally& tally, Rounds rounds);

}  // namespace tidemill::crash
