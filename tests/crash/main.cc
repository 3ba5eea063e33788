// torture NAME [--long] [--seed S] [--count N]: one torture test below HTTP, on a file system in
// memory that fails. The exit status is 0 when nothing was found. What is proven: docs/testing.md.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "base/log.h"
#include "torture.h"

namespace tidemill::crash {
namespace {

constexpr Torture kTortures[] = {
    {"power-cut", "cuts", 100, 2'000, &CutPower,
     "the power goes at any moment; what was not synced is lost, kept or torn"},
    {"wal-cut", "bytes", 16 << 10, 256 << 10, &CutLog, "the log ends at any byte of its last part"},
    {"bit-flip", "flips", 500, 10'000, &FlipBits, "one bit of log, catalog or manifest is wrong"},
    {"fail-at-call", "scripts", 1, 10, &FailCalls,
     "each call of the file system fails once, in each way"},
    {"disk-full", "fillings", 50, 1'000, &FillDisk, "the disk is full, and then it is not"},
    {"sync-error", "errors", 50, 1'000, &FailSyncs, "fsync fails"},
};

int Usage() {
  std::fprintf(stderr, "usage: torture NAME [--long] [--seed S] [--count N]\n\n");
  for (const Torture& torture : kTortures) {
    std::fprintf(stderr, "  %-14s %s: %llu %s, with --long %llu\n", torture.name.data(),
                 torture.what.data(), static_cast<unsigned long long>(torture.short_count),
                 torture.counts.data(), static_cast<unsigned long long>(torture.long_count));
  }
  return 2;
}

bool ParseNumber(const char* text, std::uint64_t& number) {
  const char* end = text + std::strlen(text);
  const auto parsed = std::from_chars(text, end, number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

int Run(const Torture& torture, Rounds rounds) {
  CHECK(SetLogFilter("off").ok());
  Tally tally(torture.name, rounds.seed);
  torture.run(tally, rounds);
  tally.Print(torture.counts);
  return tally.is_clean() ? 0 : 1;
}

int Main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  for (const Torture& torture : kTortures) {
    if (torture.name != name) continue;
    Rounds rounds{.count = torture.short_count};
    for (int i = 2; i < argc; ++i) {
      const std::string_view flag = argv[i];
      const bool has_value = i + 1 < argc;
      if (flag == "--long") {
        rounds.count = torture.long_count;
      } else if (flag == "--seed" && has_value) {
        if (!ParseNumber(argv[++i], rounds.seed)) return Usage();
      } else if (flag == "--count" && has_value) {
        if (!ParseNumber(argv[++i], rounds.count)) return Usage();
      } else {
        return Usage();
      }
    }
    return Run(torture, rounds);
  }
  return Usage();
}

}  // namespace
}  // namespace tidemill::crash

int main(int argc, char** argv) { return tidemill::crash::Main(argc, argv); }
