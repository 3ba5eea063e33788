// Runs a fuzz target without libFuzzer: over every file of the corpus directories that are named,
// and over seeded mutations of each. Any compiler; always the same inputs.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <unistd.h>

#include "fuzz_target.h"
#include "testing/seeded_random.h"

namespace {

using tidemill::testing::SeededRandom;

constexpr int kMutationsPerFile = 2000;

std::string current;  // the input under way, for the report of a crash

void Run(const std::string& input) {
  current = input;
  // A copy of exactly its size, so that a sanitizer sees a read behind its end.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

// Writes the input as it is to a file, with async-signal-safe calls where it matters.
void KeepInput(int signal) {
  std::signal(signal, SIG_DFL);
  char name[] = "/tmp/tidemill-fuzz-XXXXXX";
  const int file = mkstemp(name);
  if (file >= 0 && write(file, current.data(), current.size()) >= 0) {
    std::fprintf(stderr, "the input that did it (%zu bytes): %s\n", current.size(), name);
  }
  std::raise(signal);
}

std::string Mutated(std::string bytes, const std::vector<std::string>& others,
                    SeededRandom& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random.Next() % n); };
  for (std::size_t i = 1 + below(4); i > 0; --i) {
    const std::size_t at = below(bytes.size() + 1);
    switch (below(6)) {
      case 0: bytes.insert(at, 1, static_cast<char>(below(256))); break;
      case 1: bytes.erase(at, 1 + below(8)); break;
      case 2: bytes.insert(at, bytes.substr(at, 1 + below(40))); break;
      case 3: bytes.insert(at, others[below(others.size())].substr(0, below(200))); break;
      case 4: bytes.resize(at); break;
      default:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
    }
  }
  return bytes;
}

std::vector<std::string> FilesOf(const char* directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> files;
  for (const auto& path : paths) {
    std::ifstream in(path, std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS, SIGILL})
    std::signal(signal, KeepInput);
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    for (std::string& file : FilesOf(argv[i])) files.push_back(std::move(file));
  }
  if (files.empty()) {
    std::fprintf(stderr, "usage: %s CORPUS_DIRECTORY...: there are no inputs\n", argv[0]);
    return 2;
  }
  SeededRandom random(1);
  Run("");
  for (const std::string& file : files) {
    Run(file);
    for (int i = 0; i < kMutationsPerFile; ++i) Run(Mutated(file, files, random));
  }
  std::printf("%zu inputs, each with %d mutations\n", files.size(), kMutationsPerFile);
  return 0;
}
