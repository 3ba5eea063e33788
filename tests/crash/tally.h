// What a torture test counts and prints, and how a reader of its output finds the round that
// failed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemill::crash {

// The line at the end: "power-cut: seed 1, 100 cuts, 5210 rows and 96 changes acknowledged, refused
// starts 0, wrong 0, lost 0".
class Tally {
 public:
  Tally(std::string_view test, std::uint64_t seed);

  // A round has a seed of its own: running the test with that seed and that count repeats it.
  void BeginRound(std::uint64_t seed, std::uint64_t count = 1);
  std::uint64_t rounds() const { return rounds_; }

  void Acknowledge(std::size_t rows) { acknowledged_rows_ += rows; }
  void AcknowledgeChange() { ++acknowledged_changes_; }
  // A start that reported an error although nothing hinders it.
  void RefuseStart(std::string_view why);
  // Something that was acknowledged, or was seen, is not there any more.
  void Lose(std::string_view what);
  // Something is there that was not sent, is there twice, or is there in part; or a promise about
  // answers was broken.
  void Wrong(std::string_view what);

  bool is_clean() const { return refused_starts_ + lost_ + wrong_ == 0; }
  // `what` says what the rounds were: "cuts".
  void Print(std::string_view what) const;

 private:
  void Report(std::string_view kind, std::string_view what);

  const std::string test_;
  const std::uint64_t seed_;
  std::uint64_t rounds_ = 0;
  std::uint64_t acknowledged_rows_ = 0;
  std::uint64_t acknowledged_changes_ = 0;
  std::uint64_t refused_starts_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t wrong_ = 0;
};

}  // namespace tidemill::crash
