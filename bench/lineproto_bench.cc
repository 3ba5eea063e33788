// Measures the line protocol parser on a file of lines: CPU time per line, whole and in batches.
//
//   lineproto_bench FILE [lines per batch = 5000] [rounds = 7]
//
// A batch is parsed on its own, as one write is: nothing is carried over from the batch before.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "lineproto/parser.h"

namespace {

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::vector<std::string_view> SplitIntoBatches(std::string_view text, std::size_t lines_per_batch) {
  std::vector<std::string_view> batches;
  std::size_t begin = 0;
  std::size_t lines = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n' || ++lines % lines_per_batch != 0) continue;
    batches.push_back(text.substr(begin, i + 1 - begin));
    begin = i + 1;
  }
  if (begin < text.size()) batches.push_back(text.substr(begin));
  return batches;
}

void Measure(const char* what, const std::vector<std::string_view>& batches, int rounds) {
  std::vector<double> seconds;
  std::size_t lines = 0;
  std::size_t bytes = 0;
  for (int round = 0; round < rounds; ++round) {
    lines = 0;
    bytes = 0;
    const double begin = CpuSeconds();
    for (const std::string_view batch : batches) {
      const auto parsed = tidemill::lineproto::Parse(batch, {});
      if (parsed.error_count > 0) {
        std::fprintf(stderr, "line %u: %s\n", parsed.errors[0].line_number,
                     parsed.errors[0].message.c_str());
        std::exit(1);
      }
      lines += parsed.line_count;
      bytes += batch.size();
    }
    seconds.push_back(CpuSeconds() - begin);
  }
  std::sort(seconds.begin(), seconds.end());
  const double median = seconds[seconds.size() / 2];
  std::printf("%-24s %7.1f ns/line (best %.1f)  %6.2f GB/s  %.2f M lines/s\n", what,
              median * 1e9 / static_cast<double>(lines),
              seconds[0] * 1e9 / static_cast<double>(lines),
              static_cast<double>(bytes) / median / 1e9, static_cast<double>(lines) / median / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: lineproto_bench FILE [lines per batch] [rounds]\n");
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "cannot read %s\n", argv[1]);
    return 2;
  }
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::size_t lines_per_batch = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 5'000;
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 7;
  if (lines_per_batch == 0 || rounds <= 0) {
    std::fprintf(stderr, "lines per batch and rounds must be positive\n");
    return 2;
  }
  Measure("one body", {text}, rounds);
  const std::string name = "batches of " + std::to_string(lines_per_batch);
  Measure(name.c_str(), SplitIntoBatches(text, lines_per_batch), rounds);
  return 0;
}
