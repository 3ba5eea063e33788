#include "tally.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace tidemill::crash {
namespace {

constexpr int kReportsMax = 10;

// What repeats the round; also for one that ends in a CHECK or a crash.
char current_round[200] = "";

void NameTheRound(int) {
  static_cast<void>(::write(STDERR_FILENO, current_round, std::strlen(current_round)));
}

}  // namespace

Tally::Tally(std::string_view test, std::uint64_t seed) : test_(test), seed_(seed) {
  struct sigaction action {};
  action.sa_handler = &NameTheRound;
  action.sa_flags = SA_RESETHAND;
  for (const int fatal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) ::sigaction(fatal, &action, nullptr);
}

void Tally::BeginRound(std::uint64_t seed, std::uint64_t count) {
  ++rounds_;
  std::snprintf(current_round, sizeof current_round,
                "  again: ./dev torture %s --seed %llu --count %llu\n", test_.c_str(),
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(count));
}

void Tally::RefuseStart(std::string_view why) {
  ++refused_starts_;
  Report("refused start", why);
}

void Tally::Lose(std::string_view what) {
  ++lost_;
  Report("lost", what);
}

void Tally::Wrong(std::string_view what) {
  ++wrong_;
  Report("wrong", what);
}

void Tally::Report(std::string_view kind, std::string_view what) {
  if (refused_starts_ + lost_ + wrong_ > kReportsMax) return;
  fmt::print("{}: {}: {}\n{}", test_, kind, what, current_round);
  std::fflush(stdout);
}

void Tally::Print(std::string_view what) const {
  fmt::print(
      "{}: seed {}, {} {}, {} rows and {} changes acknowledged, refused starts {}, wrong {}, lost "
      "{}\n",
      test_, seed_, rounds_, what, acknowledged_rows_, acknowledged_changes_, refused_starts_,
      wrong_, lost_);
  std::fflush(stdout);
}

}  // namespace tidemill::crash
