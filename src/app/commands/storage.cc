#include "app/commands/storage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/commands/storage_check.h"
#include "app/directories.h"
#include "app/options.h"
#include "base/status_macros.h"
#include "cli/dotenv.h"

namespace tidemill::app {
namespace {

constexpr const char* kHelp =
    "Verify the data directory of a stopped server\n\n"
    "Usage: tidemill storage check [OPTIONS]\n\n"
    "Reads the log, the catalog, the manifest and every Parquet file, names what is damaged and\n"
    "what to do, and changes nothing. Exit code 0: all is well, 1: something is damaged.\n\n"
    "Options:\n"
    "  --node-id <NODE_ID>\n"
    "          Name of the node; its data is below <data-dir>/<node-id> [default: "
    "<hostname>-node]\n"
    "  --data-dir <DIR>\n"
    "          Data directory [default: ~/.influxdb]\n"
    "  -h, --help\n          Show this help\n";

bool IsHelp(const std::string& word) { return word == "-h" || word == "--help"; }

// Of the flags of `serve`, those that say where the data is.
Result<ServeOptions> ParseOptions(const std::vector<std::string>& flags,
                                  const Environment& environment) {
  for (const std::string& word : flags) {
    const std::string name = word.substr(0, word.find('='));
    if (!name.starts_with("--") || name == "--node-id" || name == "--host-id" ||
        name == "--data-dir")
      continue;
    return InvalidError("unknown flag '" + name + "', expected --node-id or --data-dir");
  }
  std::string help;
  TRY_ASSIGN(auto parsed, ParseServeOptions(flags, environment, help));
  ServeOptions options = std::move(*parsed);
  NameNode(options);
  TRY_ASSIGN(options.data_dir, AbsolutePath(options.data_dir, environment));
  return options;
}

}  // namespace

int StorageCommand(const std::vector<std::string>& arguments) {
  const bool wants_help = std::any_of(arguments.begin(), arguments.end(), IsHelp);
  if (wants_help || arguments.empty() || arguments.front() != "check") {
    std::fputs(kHelp, wants_help ? stdout : stderr);
    return wants_help ? 0 : 2;
  }
  const auto options =
      ParseOptions({arguments.begin() + 1, arguments.end()}, cli::MakeEnvironment());
  if (!options.ok()) {
    std::fprintf(stderr, "tidemill storage check: %s\n", options.error().message.c_str());
    return 2;
  }
  const auto files = MakePosixFileSystem();
  const auto damaged =
      CheckStorage(*files, options->data_dir, options->node_id,
                   [](const std::string& line) { std::printf("%s\n", line.c_str()); });
  if (!damaged.ok()) {
    std::fprintf(stderr, "Storage check failed: %s\n", damaged.error().message.c_str());
    return 1;
  }
  return *damaged == 0 ? 0 : 1;
}

}  // namespace tidemill::app
